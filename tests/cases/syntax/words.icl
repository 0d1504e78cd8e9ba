# Words that begin a statement elsewhere.
def f(x)
function f(x)
func f(x)
lambda x
while x < 3 { }
elif x { }
class Net(Module)
let y = 3
var y = 3
const y = 3
from tools import f
pass 1
break 1
continue 1
is x
model net { }
