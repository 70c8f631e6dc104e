;; Waits for half a million clocks in one host call.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 900)
  (func (export "_start")
    (local $at i32)
    (loop $again
      (i32.store (i32.add (local.get $at) (i32.const 16)) (i32.const 1))
      (i64.store (i32.add (local.get $at) (i32.const 24)) (i64.const 1000000000000000000))
      (local.set $at (i32.add (local.get $at) (i32.const 48)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 24000000))))
    (if (call $poll (i32.const 0) (i32.const 28000000) (i32.const 500000) (i32.const 27999000))
      (then unreachable))))
