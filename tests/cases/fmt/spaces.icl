# Blanks between tokens.
language   1
option n:int=24 "examples"
option name : string   =   "x = {1+1}"   "  kept   as it  is "
option  s = -1
x=1+2*3 ;y = -x**2;; z=- -x
A=[[1,2],[ 3 ,4 ]] ;b = A [0 , :] ; c = A[ : , 1:]+b[ -1 ]
d = A [::2, 0 : n-1].T@b ;  e = x.shape [ 0 ]
f = w->w ** 2;g = ( a,b )->a@b
h = (x) -> -x
i = {a:1,  b = 2 , c }
j = { }
k = [ x for i in 0:n , j in 0 : n : 2 ]
l = [1,xs ...,  rest.tail...]
m = not(x<y)and(y!=z or x>=-1)
print"text",x,(x,y)
p = correlate then gd(steps=48,eta  in[0.1,0.2],relative=true)
r = f (x) [0] (y)
s += 1 ; s @= A
t = 1 if x==y else(2)
u = 1 .T
fn add ( x :real[n] ,y: int = 2,z = 0:n )->( real , int ){ return x , y }
task none( ) { x [ n+1,d ]~normal( 0,1 ); prompt x,x@w   truth f}
algorithm a(k: task=linear)given X[n,d],y [n] , q[d]knowing w [d]->real { predict 0.0 }
plot r{x=n,y=risk/d}to "a.svg"
model = init( a ) with attend [0] . head=0
assert x<1 "no"
