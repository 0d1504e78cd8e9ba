option a = 1 "help {a}"
import "f{a}.icl"
test "t{a}" { x = 1 }
