;; C = A B for numpy in a page, where it has no BLAS: 128 bits at once, so two numbers of float64 or
;; four of float32. `product.py` assembles this text once for each type. The words in capitals:
;;
;;            FLOAT  VECTOR  SPLAT              SIZE (bytes)  WIDTH (numbers in 32 bytes)
;;   float64  f64    f64x2   v128.load64_splat  8             4
;;   float32  f32    f32x4   v128.load32_splat  4             8
;;
;; C is made of tiles, 4 rows high and 32 bytes wide: 8 vectors, which stay in registers while they
;; are summed. Before that, 64 rows of A, and then 32 bytes of each row of B, are copied ("packed") so
;; that a tile reads memory from front to end, however the arrays lie. A and B are taken 256 deep at
;; once, so that what is packed stays in the processor's cache. Each sum has one fixed order: the same
;; product gives the same bits in every browser.
(module
  (import "numpy" "memory" (memory 1))
  ;; The host gives this much memory and says where it begins:
  (global (export "scratch_bytes") i32 (i32.const 139392))
  (global $tile (export "scratch") (mut i32) (i32.const 0)) ;; 4 rows of 32 bytes
  (func $packed_b (result i32) (i32.add (global.get $tile) (i32.const 128))) ;; 256 times 32 bytes
  (func $packed_a (result i32) (i32.add (global.get $tile) (i32.const 8320))) ;; 64 times 256 numbers

  (func $least (param $x i32) (param $y i32) (result i32)
    (select (local.get $x) (local.get $y) (i32.lt_s (local.get $x) (local.get $y))))

  ;; Where the element i of x is, for a step in bytes.
  (func $at (param $x i32) (param $i i32) (param $step i32) (result i32)
    (i32.add (local.get $x) (i32.mul (local.get $i) (local.get $step))))

  ;; Copy `count` lines of `depth` numbers, crosswise: the first number of each line, then the second
  ;; of each, and so on. Lines that lack to `width` are zeros.
  (func $pack (param $from i32) (param $count i32) (param $line_step i32)
              (param $depth i32) (param $depth_step i32) (param $to i32) (param $width i32)
    (local $source i32) (local $target i32) (local $end i32) (local $group i32)
    (if (i32.eqz (local.get $depth)) (then (return)))
    (local.set $group (i32.mul (local.get $width) (i32.const SIZE)))
    (local.set $end (i32.add (local.get $to) (i32.mul (local.get $depth) (local.get $group))))
    (if (i32.lt_s (local.get $count) (local.get $width))
      (then (memory.fill (local.get $to) (i32.const 0) (i32.sub (local.get $end) (local.get $to)))))
    ;; 32 bytes that lie side by side are copied at once.
    (if (i32.and (i32.eq (local.get $line_step) (i32.const SIZE))
                 (i32.and (i32.eq (local.get $count) (local.get $width))
                          (i32.eq (local.get $group) (i32.const 32))))
      (then
        (loop $deeper
          (v128.store (local.get $to) (v128.load (local.get $from)))
          (v128.store offset=16 (local.get $to) (v128.load offset=16 (local.get $from)))
          (local.set $from (i32.add (local.get $from) (local.get $depth_step)))
          (local.set $to (i32.add (local.get $to) (i32.const 32)))
          (br_if $deeper (i32.lt_u (local.get $to) (local.get $end))))
        (return)))
    (loop $lines
      (local.set $source (local.get $from))
      (local.set $target (local.get $to))
      (loop $deeper
        (FLOAT.store (local.get $target) (FLOAT.load (local.get $source)))
        (local.set $source (i32.add (local.get $source) (local.get $depth_step)))
        (local.set $target (i32.add (local.get $target) (local.get $group)))
        (br_if $deeper (i32.lt_u (local.get $target) (local.get $end))))
      (local.set $from (i32.add (local.get $from) (local.get $line_step)))
      (local.set $to (i32.add (local.get $to) (i32.const SIZE)))
      (local.set $end (i32.add (local.get $end) (i32.const SIZE)))
      (br_if $lines (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; The heart: the tile = 4 packed rows of A times 32 packed bytes of the rows of B.
  (func $multiply (param $a i32) (param $b i32) (param $depth i32)
    (local $x v128) (local $left v128) (local $right v128) ;; a number of A; a row of B in two halves
    (local $0l v128) (local $0r v128) (local $1l v128) (local $1r v128) ;; four rows of C,
    (local $2l v128) (local $2r v128) (local $3l v128) (local $3r v128) ;; zeros at first
    (if (local.get $depth) (then (loop $deeper
      (local.set $left (v128.load (local.get $b)))
      (local.set $right (v128.load offset=16 (local.get $b)))
      (local.set $x (SPLAT (local.get $a)))
      (local.set $0l (VECTOR.add (local.get $0l) (VECTOR.mul (local.get $x) (local.get $left))))
      (local.set $0r (VECTOR.add (local.get $0r) (VECTOR.mul (local.get $x) (local.get $right))))
      (local.set $x (SPLAT offset=SIZE (local.get $a)))
      (local.set $1l (VECTOR.add (local.get $1l) (VECTOR.mul (local.get $x) (local.get $left))))
      (local.set $1r (VECTOR.add (local.get $1r) (VECTOR.mul (local.get $x) (local.get $right))))
      (local.set $x (SPLAT offset=2*SIZE (local.get $a)))
      (local.set $2l (VECTOR.add (local.get $2l) (VECTOR.mul (local.get $x) (local.get $left))))
      (local.set $2r (VECTOR.add (local.get $2r) (VECTOR.mul (local.get $x) (local.get $right))))
      (local.set $x (SPLAT offset=3*SIZE (local.get $a)))
      (local.set $3l (VECTOR.add (local.get $3l) (VECTOR.mul (local.get $x) (local.get $left))))
      (local.set $3r (VECTOR.add (local.get $3r) (VECTOR.mul (local.get $x) (local.get $right))))
      (local.set $a (i32.add (local.get $a) (i32.const 4*SIZE)))
      (local.set $b (i32.add (local.get $b) (i32.const 32)))
      (br_if $deeper (local.tee $depth (i32.sub (local.get $depth) (i32.const 1)))))))
    (v128.store (global.get $tile) (local.get $0l))
    (v128.store offset=16 (global.get $tile) (local.get $0r))
    (v128.store offset=32 (global.get $tile) (local.get $1l))
    (v128.store offset=48 (global.get $tile) (local.get $1r))
    (v128.store offset=64 (global.get $tile) (local.get $2l))
    (v128.store offset=80 (global.get $tile) (local.get $2r))
    (v128.store offset=96 (global.get $tile) (local.get $3l))
    (v128.store offset=112 (global.get $tile) (local.get $3r)))

  ;; Put the tile's first rows and columns into C; `adds`: add them to what is there.
  (func $put (param $c i32) (param $rows i32) (param $row_step i32)
             (param $columns i32) (param $column_step i32) (param $adds i32)
    (local $from i32) (local $source i32) (local $target i32) (local $end i32) (local $x FLOAT)
    (local.set $from (global.get $tile))
    (loop $down
      (local.set $source (local.get $from))
      (local.set $target (local.get $c))
      (local.set $end (i32.add (local.get $from) (i32.mul (local.get $columns) (i32.const SIZE))))
      (if (i32.and (i32.eq (local.get $column_step) (i32.const SIZE))
                   (i32.eq (local.get $columns) (i32.const WIDTH)))
        (then (loop $half ;; 16 bytes at once
          (v128.store (local.get $target)
            (if (result v128) (local.get $adds)
              (then (VECTOR.add (v128.load (local.get $target)) (v128.load (local.get $source))))
              (else (v128.load (local.get $source)))))
          (local.set $source (i32.add (local.get $source) (i32.const 16)))
          (local.set $target (i32.add (local.get $target) (i32.const 16)))
          (br_if $half (i32.lt_u (local.get $source) (local.get $end)))))
        (else (loop $along
          (local.set $x (FLOAT.load (local.get $source)))
          (if (local.get $adds)
            (then (local.set $x (FLOAT.add (FLOAT.load (local.get $target)) (local.get $x)))))
          (FLOAT.store (local.get $target) (local.get $x))
          (local.set $source (i32.add (local.get $source) (i32.const SIZE)))
          (local.set $target (i32.add (local.get $target) (local.get $column_step)))
          (br_if $along (i32.lt_u (local.get $source) (local.get $end))))))
      (local.set $from (i32.add (local.get $from) (i32.const 32)))
      (local.set $c (i32.add (local.get $c) (local.get $row_step)))
      (br_if $down (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; Pack `rows` rows of A, four and four.
  (func $pack_rows (param $A i32) (param $rows i32) (param $row_step i32)
                   (param $depth i32) (param $depth_step i32)
    (local $row i32)
    (loop $down
      (call $pack
        (call $at (local.get $A) (local.get $row) (local.get $row_step))
        (call $least (i32.const 4) (i32.sub (local.get $rows) (local.get $row)))
        (local.get $row_step) (local.get $depth) (local.get $depth_step)
        (call $at (call $packed_a) (local.get $row) (i32.mul (local.get $depth) (i32.const SIZE)))
        (i32.const 4))
      (local.set $row (i32.add (local.get $row) (i32.const 4)))
      (br_if $down (i32.lt_s (local.get $row) (local.get $rows)))))

  ;; All tiles of `rows` packed rows of A and some packed columns of B.
  (func $tiles (param $C i32) (param $rows i32) (param $row_step i32) (param $depth i32)
               (param $columns i32) (param $column_step i32) (param $adds i32)
    (local $row i32)
    (loop $down
      (call $multiply
        (call $at (call $packed_a) (local.get $row) (i32.mul (local.get $depth) (i32.const SIZE)))
        (call $packed_b) (local.get $depth))
      (call $put
        (call $at (local.get $C) (local.get $row) (local.get $row_step))
        (call $least (i32.const 4) (i32.sub (local.get $rows) (local.get $row)))
        (local.get $row_step) (local.get $columns) (local.get $column_step) (local.get $adds))
      (local.set $row (i32.add (local.get $row) (i32.const 4)))
      (br_if $down (i32.lt_s (local.get $row) (local.get $rows)))))

  ;; C = A B for A of m rows and n columns, B of n rows and p columns. A_m is the step from a row of A
  ;; to the next, and so on.
  (func $product (param $A i32) (param $B i32) (param $C i32)
                 (param $m i32) (param $n i32) (param $p i32)
                 (param $A_m i32) (param $A_n i32) (param $B_n i32) (param $B_p i32)
                 (param $C_m i32) (param $C_p i32)
    (local $i i32) (local $j i32) (local $k i32)
    (local $rows i32) (local $columns i32) (local $depth i32)
    (if (i32.or (i32.eqz (local.get $m)) (i32.eqz (local.get $p))) (then (return)))
    (loop $deeper ;; also for n = 0: a sum of nothing is zero
      (local.set $depth (call $least (i32.const 256) (i32.sub (local.get $n) (local.get $k))))
      (local.set $i (i32.const 0))
      (loop $down
        (local.set $rows (call $least (i32.const 64) (i32.sub (local.get $m) (local.get $i))))
        (call $pack_rows
          (call $at (call $at (local.get $A) (local.get $i) (local.get $A_m))
            (local.get $k) (local.get $A_n))
          (local.get $rows) (local.get $A_m) (local.get $depth) (local.get $A_n))
        (local.set $j (i32.const 0))
        (loop $along
          (local.set $columns
            (call $least (i32.const WIDTH) (i32.sub (local.get $p) (local.get $j))))
          (call $pack
            (call $at (call $at (local.get $B) (local.get $k) (local.get $B_n))
              (local.get $j) (local.get $B_p))
            (local.get $columns) (local.get $B_p) (local.get $depth) (local.get $B_n)
            (call $packed_b) (i32.const WIDTH))
          (call $tiles
            (call $at (call $at (local.get $C) (local.get $i) (local.get $C_m))
              (local.get $j) (local.get $C_p))
            (local.get $rows) (local.get $C_m) (local.get $depth)
            (local.get $columns) (local.get $C_p) (local.get $k)) ;; the first depth sets, others add
          (local.set $j (i32.add (local.get $j) (i32.const WIDTH)))
          (br_if $along (i32.lt_s (local.get $j) (local.get $p))))
        (local.set $i (i32.add (local.get $i) (i32.const 64)))
        (br_if $down (i32.lt_s (local.get $i) (local.get $m))))
      (local.set $k (i32.add (local.get $k) (i32.const 256)))
      (br_if $deeper (i32.lt_s (local.get $k) (local.get $n)))))

  ;; What numpy calls, a `PyUFuncGenericFunction`. args: where A, B, C begin; dims: how many products,
  ;; m, n, p; steps in bytes: to the next A, B, C, then A_m, A_n, B_n, B_p, C_m, C_p.
  (func (export "loop") (param $args i32) (param $dims i32) (param $steps i32) (param $data i32)
    (local $index i32)
    (block $end (loop $products
      (br_if $end (i32.ge_s (local.get $index) (i32.load (local.get $dims))))
      (call $product
        (call $at (i32.load (local.get $args)) (local.get $index) (i32.load (local.get $steps)))
        (call $at (i32.load offset=4 (local.get $args)) (local.get $index)
          (i32.load offset=4 (local.get $steps)))
        (call $at (i32.load offset=8 (local.get $args)) (local.get $index)
          (i32.load offset=8 (local.get $steps)))
        (i32.load offset=4 (local.get $dims)) (i32.load offset=8 (local.get $dims))
        (i32.load offset=12 (local.get $dims))
        (i32.load offset=12 (local.get $steps)) (i32.load offset=16 (local.get $steps))
        (i32.load offset=20 (local.get $steps)) (i32.load offset=24 (local.get $steps))
        (i32.load offset=28 (local.get $steps)) (i32.load offset=32 (local.get $steps)))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br $products)))))
