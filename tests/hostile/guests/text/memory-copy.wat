;; Moves 128 MiB in one instruction, for ever: no loop header and no call is passed meanwhile.
(module
  (memory (export "memory") 4094)
  (func (export "_start")
    (loop $again
      (memory.copy (i32.const 0) (i32.const 134000000) (i32.const 134000000))
      (br $again))))
