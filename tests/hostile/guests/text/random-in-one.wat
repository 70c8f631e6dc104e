;; Wants 64 MiB of randomness in one call.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1100)
  (func (export "_start")
    (if (call $random (i32.const 65536) (i32.const 67108864))
      (then unreachable))))
