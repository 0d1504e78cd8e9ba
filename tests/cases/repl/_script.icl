language 1

import "_module.icl" only twice

option size: int = 3 "how large"

fn scaled(x: real) -> real {
    return twice(x) * size
}

print "size is {size}"

test "scaling" {
    assert scaled(1) == 2 * size
}
