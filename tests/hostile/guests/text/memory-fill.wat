;; Fills all of its 256 MiB, again and again.
(module
  (memory (export "memory") 4094)
  (func (export "_start")
    (loop $again
      (memory.fill (i32.const 0) (i32.const 170) (i32.const 268304384))
      (br $again))))
