


# Line breaks, empty lines and comments.
# A second line.


language 1
  # indented
if x == 1
{

    print x   # one
    #two

    ## three

}
else
{
print y; print z;
}
if a { print 1 } else { print 2 }
if a { print 1
} else if b { print 2 }
else { }
if a # why
{
    print 1
} # because
else {}
for i in 0:3, j in 0:2 { repeat 2 {
x = 1 } }

## Doc.
##   More.
#:


fn f(a,
b)
given c[n],
d
knowing e
{   # head
        # first


        # second

        return a
        # last

}
x = f(a, b,


    c, [ 1, 2,
    3 ],
    g(
1, h(2,
3)
)
)
y = 1 +
2 * # two
(3 +
     4)
t = [
    # before
    1,
    2   # behind

    # at the end
]
u = ( # open
1)
v = f(
)
r = sweep n in 1:3,
m in [
1
] {
record a = n,
b = m
}
m = init(a) with {
a[0].W = { q: 1,
r: 2 }
for l in 1:3 { if l { b.head[k] = it * 2 } else { b.x = 0 } }
}
g = f(sweep n in 1:3 {
m = n
}, 2)
s = (a if b
else c) then

d then
e
repeat 3 until x <
y {
x = 1
}
# end


