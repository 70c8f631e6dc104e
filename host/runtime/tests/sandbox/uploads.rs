//! What is taken as an upload, and why the rest is not.

use bytes::Bytes;
use wasmtab_runtime::{Capability, HandlerKind, Inspection, UploadError};
use wasmtime::{Config, Engine};

use crate::{
    guest::{Guest, execute},
    support::{Fixture, SHARED, child},
};

async fn upload(bytes: impl Into<Bytes>) -> Result<Inspection, UploadError> {
    SHARED.runtime.inspect(bytes.into()).await
}

async fn refused(bytes: impl Into<Bytes>) -> String {
    upload(bytes).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_handler_is_inspected_without_running() {
    let guest = Guest {
        imports: r#"(import "wasmtab:job/config@1.0.0" "get" (func $look (param i32 i32 i32)))"#,
        functions: "(func $boom (unreachable)) (start $boom)",
        ..Guest::default()
    }
    .component();
    let inspection = upload(guest.clone()).await.unwrap();
    assert_eq!(
        (inspection.kind, inspection.size),
        (HandlerKind::Handler, guest.len() as u64)
    );
    assert_eq!(inspection.digest, wasmtab_runtime::digest(&guest));
    assert!(
        inspection
            .imports
            .contains(&"wasmtab:job/config@1.0.0".to_owned()),
        "{:?}",
        inspection.imports
    );
    assert_eq!(inspection.exports, ["wasmtab:job/handler@1.0.0"]);
    assert_eq!(inspection.capabilities, [Capability::Config]);
    assert!(
        inspection.weight.core_instances >= 1 && inspection.weight.memories == 1,
        "{:?}",
        inspection.weight
    );
}

#[tokio::test]
async fn what_is_not_wasm_is_refused_with_advice() {
    assert!(refused("#!/bin/sh\n").await.contains("a text file"));
    assert!(refused("(component)").await.contains("wasm-tools parse"));
    assert!(refused("").await.contains("an empty file"));
}

#[tokio::test]
async fn a_broken_file_is_refused() {
    let mut cut = execute("");
    cut.truncate(cut.len() / 2);
    assert!(matches!(upload(cut).await, Err(UploadError::Compile { .. })));
}

#[tokio::test]
async fn another_world_is_refused_by_what_it_exports() {
    let other = wat::parse_str(
        r#"(component (component $c) (instance $i (instantiate $c)) (export "acme:shop/cart@2.0.0" (instance $i)))"#,
    );
    let text = refused(other.unwrap()).await;
    assert!(
        text.contains("exports acme:shop/cart@2.0.0") && text.contains("wasmtab:job/handler@1.0.0"),
        "{text}"
    );
    let library = refused(wat::parse_str(r#"(module (func (export "add")))"#).unwrap()).await;
    assert!(
        library.contains("neither has a `_start` function nor embeds"),
        "{library}"
    );
}

#[tokio::test]
async fn a_handler_of_another_shape_is_refused() {
    let other = wat::parse_str(
        r#"(component
          (core module $m (func (export "f") (result i32) (i32.const 1)))
          (core instance $m (instantiate $m))
          (func $f (result u32) (canon lift (core func $m "f")))
          (instance $handler (export "describe" (func $f)))
          (export "wasmtab:job/handler@1.0.0" (instance $handler)))"#,
    );
    assert!(
        refused(other.unwrap())
            .await
            .contains("is not the one of this host")
    );
}

#[tokio::test]
async fn imports_that_are_not_offered_are_named() {
    let strange =
        wat::parse_str(r#"(component (import "acme:db/sql@1.0.0" (instance (export "query" (func)))))"#);
    let error = upload(strange.unwrap()).await.unwrap_err();
    assert!(
        matches!(&error, UploadError::Unsupported { import, .. } if import == "acme:db/sql@1.0.0"),
        "{error}"
    );
}

#[tokio::test]
async fn wasi_of_the_third_preview_is_refused_by_name() {
    let newer = wat::parse_str(
        r#"(component (import "wasi:clocks/monotonic-clock@0.3.0" (instance (export "now" (func (result u64))))))"#,
    );
    let text = refused(newer.unwrap()).await;
    assert!(
        text.contains("wasi:clocks/monotonic-clock@0.3.0") && text.contains("WASI 0.2 only"),
        "{text}"
    );
    let asynchronous = wat::parse_str(
        r#"(component
          (core module $m (func (export "f") (result i32) (i32.const 0)) (func (export "cb") (param i32 i32 i32) (result i32) (i32.const 0)))
          (core instance $m (instantiate $m))
          (func (export "f") async (canon lift (core func $m "f") async (callback (core func $m "cb")))))"#,
    );
    let text = refused(asynchronous.unwrap()).await;
    assert!(text.contains("async") && text.contains("WASI 0.2 only"), "{text}");
}

#[tokio::test]
async fn preview_zero_and_browser_modules_are_refused_with_advice() {
    let old = r#"(module (import "wasi_unstable" "proc_exit" (func (param i32))) (func (export "_start")))"#;
    assert!(refused(wat::parse_str(old).unwrap()).await.contains("preview 0"));
    let browser = r#"(module (import "wbg" "__wbindgen_throw" (func (param i32 i32))))"#;
    assert!(
        refused(wat::parse_str(browser).unwrap())
            .await
            .contains("built for a browser")
    );
}

#[tokio::test]
async fn shared_memory_is_refused() {
    let threads = r#"(module (memory 1 1 shared) (func (export "_start")))"#;
    let error = upload(wat::parse_str(threads).unwrap())
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("thread") || error.contains("shared"), "{error}");
}

#[tokio::test]
async fn compiled_code_is_never_accepted() {
    let engine = Engine::new(&Config::new()).unwrap();
    let compiled = engine.precompile_component(&execute("")).unwrap();
    assert_eq!(upload(compiled).await, Err(UploadError::Precompiled));
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused() {
    let fixture = Fixture::with(|config| config.compile.upload = 100);
    let error = fixture.runtime.inspect(execute("").into()).await.unwrap_err();
    assert!(
        matches!(error, UploadError::TooLarge { limit: 100, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn too_many_functions_are_refused_before_compiling() {
    // 400,001 functions of the same type with bodies of two bytes.
    let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec();
    let count = leb(400_001);
    let mut section = |id: u8, each: &[u8]| {
        module.push(id);
        module.extend(leb((count.len() + each.len() * 400_001) as u32));
        module.extend(&count);
        module.extend(each.repeat(400_001));
    };
    section(3, &[0]);
    section(10, &[2, 0, 11]);
    let error = upload(module).await.unwrap_err();
    assert!(
        matches!(error, UploadError::TooLarge { size: 400_001, .. }),
        "{error}"
    );
}

fn leb(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        bytes.push(low | if number > 0 { 0x80 } else { 0 });
        if number == 0 {
            return bytes;
        }
    }
}

#[tokio::test]
async fn the_child_compiles_what_the_pool_runs() {
    let fixture = Fixture::with(|config| config.compiler = child());
    let handler = fixture
        .load(execute("(call $done (i32.const 512) (i32.const 5))"))
        .await;
    let report = fixture
        .runtime
        .run(
            &handler,
            crate::support::attempt(),
            &wasmtab_runtime::Control::new(),
        )
        .await;
    assert_eq!(report.result.as_deref(), Some("Guest"));
}

#[tokio::test]
async fn the_child_refuses_in_the_same_words() {
    let fixture = Fixture::with(|config| config.compiler = child());
    let here = refused("#!/bin/sh\n").await;
    assert_eq!(
        fixture
            .runtime
            .inspect("#!/bin/sh\n".into())
            .await
            .unwrap_err()
            .to_string(),
        here
    );
}

#[tokio::test]
async fn the_childs_memory_is_bounded() {
    let fixture = Fixture::with(|config| {
        config.compiler = child();
        // Enough to start in, not to compile in.
        config.compile.address_space = 96 * 1024 * 1024;
    });
    let error = fixture.runtime.inspect(heavy().into()).await.unwrap_err();
    assert!(matches!(error, UploadError::Compile { .. }), "{error}");
}

#[tokio::test]
async fn the_childs_wall_time_is_bounded() {
    let fixture = Fixture::with(|config| {
        config.compiler = child();
        config.compile.wall = std::time::Duration::from_millis(1);
    });
    let error = fixture.runtime.inspect(execute("").into()).await.unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn a_compiler_that_does_not_start_is_the_hosts_fault() {
    let fixture = Fixture::with(|config| config.compiler = vec!["/does/not/exist".into()]);
    assert!(matches!(
        fixture.runtime.inspect(execute("").into()).await,
        Err(UploadError::Host { .. })
    ));
}

/// A guest that takes well over 100 MB to compile.
fn heavy() -> Vec<u8> {
    let body = "(local.set $x (i32.add (local.get $x) (i32.mul (local.get $x) (i32.const 3))))".repeat(2_000);
    let functions = format!("(func (param $x i32) {body})").repeat(50);
    Guest {
        functions: &functions,
        ..Guest::default()
    }
    .component()
}
