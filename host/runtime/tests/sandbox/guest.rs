//! Makes guests from a few lines of WebAssembly text.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A core module that implements the handler world.
///
/// `execute` is called with `$param` and `$length` set; it returns by `$done`, `$fail` or `$pending`. Static texts go into `data`, from
/// address 1024 on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Guest<'a> {
    pub(crate) imports: &'a str,
    pub(crate) data: &'a str,
    pub(crate) functions: &'a str,
    pub(crate) execute: &'a str,
    pub(crate) describe: &'a str,
}

impl Guest<'_> {
    /// A preview-1 reactor module with the world embedded.
    pub(crate) fn module(&self) -> Vec<u8> {
        embed(wat::parse_str(self.text()).unwrap())
    }

    /// The component that the module becomes; the module must not import preview 1.
    pub(crate) fn component(&self) -> Vec<u8> {
        ComponentEncoder::default()
            .module(&self.module())
            .unwrap()
            .validate(true)
            .encode()
            .unwrap()
    }

    fn text(&self) -> String {
        let Self {
            imports,
            data,
            functions,
            execute,
            describe,
        } = self;
        let execute = if execute.is_empty() {
            "(call $done (i32.const 0) (i32.const 0))"
        } else {
            execute
        };
        let describe = if describe.is_empty() {
            "(i32.const 64)"
        } else {
            describe
        };
        format!(
            r#"(module $guest
  {imports}
  (memory (export "memory") 2)
  {data}
  (data (i32.const 512) "Guest")
  (data (i32.const 64) "\00\02\00\00\05\00\00\00\00\02\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\02\00\00\05\00\00\00")
  (global $heap (mut i32) (i32.const 65536))
  (global $param (mut i32) (i32.const 0))
  (global $length (mut i32) (i32.const 0))
  (func $realloc (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536)))))
        (then (unreachable)))))
    (local.get $at))
  (func $return (param $failed i32) (param $case i32) (param $at i32) (param $size i32) (result i32)
    (i32.store8 (i32.const 16) (local.get $failed))
    (i32.store8 (i32.const 20) (local.get $case))
    (i32.store (i32.const 24) (local.get $at))
    (i32.store (i32.const 28) (local.get $size))
    (i32.const 16))
  (func $done (param $at i32) (param $size i32) (result i32)
    (call $return (i32.const 0) (i32.const 0) (local.get $at) (local.get $size)))
  (func $pending (result i32)
    (call $return (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
  (func $fail (param $at i32) (param $size i32) (result i32)
    (call $return (i32.const 1) (i32.const 0) (local.get $at) (local.get $size)))
  (func $fail_for_good (param $at i32) (param $size i32) (result i32)
    (call $return (i32.const 1) (i32.const 1) (local.get $at) (local.get $size)))
  {functions}
  (func (export "wasmtab:job/handler@1.0.0#describe") (result i32) {describe})
  (func $execute (export "wasmtab:job/handler@1.0.0#execute") (param $arguments i32) (result i32)
    (local $left i32) (local $errno i32)
    ;; The context takes 128 bytes; the parameter follows it.
    (global.set $param (i32.load (i32.add (local.get $arguments) (i32.const 128))))
    (global.set $length (i32.load (i32.add (local.get $arguments) (i32.const 132))))
    {execute})
)"#
        )
    }
}

/// Adds the handler world to a core module.
pub(crate) fn embed(mut module: Vec<u8>) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/job-1.0.0"))
        .unwrap();
    let world = resolve.select_world(&[package], Some("job")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// A guest whose `execute` is these lines.
pub(crate) fn execute(lines: &str) -> Vec<u8> {
    Guest {
        execute: lines,
        ..Guest::default()
    }
    .component()
}
