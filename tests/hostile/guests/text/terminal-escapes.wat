;; A log line, an error and nothing else: all of them try to drive a terminal.
(module
  (import "wasmtab:job/logging@1.0.0" "log" (func $log (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "\1b]0;owned\07\1b[2J\1b[31mred")
  (global $heap (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (local.get $at))
  ;; A name, a summary and a suggestion, all empty.
  (func (export "wasmtab:job/handler@1.0.0#describe") (result i32) (i32.const 512))
  (func (export "wasmtab:job/handler@1.0.0#execute") (param i32) (result i32)
    (call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 22))
    (i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 24) (i32.const 1024))
    (i32.store (i32.const 28) (i32.const 22))
    (i32.const 16)))
