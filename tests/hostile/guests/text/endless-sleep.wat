;; Waits in one host call for 32 years.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A subscription to the monotonic clock.
  (data (i32.const 16) "\01\00\00\00")
  (func (export "_start")
    (i64.store (i32.const 24) (i64.const 1000000000000000000))
    (drop (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))
