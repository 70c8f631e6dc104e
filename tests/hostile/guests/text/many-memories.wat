;; Eight memories of 64 MiB: each is within the limit, all together are not.
(component
  (core module $module
    (memory (export "memory") 1024)
    (func (export "run") (result i32) (i32.const 0)))
  (core instance $instance0 (instantiate $module))
  (core instance $instance1 (instantiate $module))
  (core instance $instance2 (instantiate $module))
  (core instance $instance3 (instantiate $module))
  (core instance $instance4 (instantiate $module))
  (core instance $instance5 (instantiate $module))
  (core instance $instance6 (instantiate $module))
  (core instance $instance7 (instantiate $module))
  (func $run (result (result)) (canon lift (core func $instance0 "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exported)))
