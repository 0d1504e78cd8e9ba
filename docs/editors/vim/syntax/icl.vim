" Vim syntax of icl. The words come from the sources: docs/editors/syntax.sh writes this file from vim/icl.vim.in.
if exists('b:current_syntax')
    finish
endif
syntax iskeyword @,48-57,_,192-255,913-974
syntax keyword iclDefinition algorithm architecture fn layer optimizer preprocess task
syntax keyword iclKeyword and else for given if import in it knowing not only or predict repeat return sweep then until with yield
syntax keyword iclStatement assert heatmap language option param plot print prompt record save state tap test to truth
syntax keyword iclConstant false true
syntax keyword iclDistribution bernoulli categorical exponential laplace mvnormal normal orthogonal permutation rademacher sparse sphere student_t uniform
syntax keyword iclBuiltin abs all any argmax argmin argsort binomial broadcast capture cholesky clip compare concat cos cumsum curve diag disagreement dot eigh erf exp expm1 eye features floor full gelu grad hessian init int inv linspace load log log1p logdet logspace logsumexp lstsq max mean min norm ones outer pow predictions probe prod range real relu reshape risk sigmoid sign sin softmax softplus solve sort sqrt stack std sum tanh top_k trace train transpose triangular_solve tune value_and_grad var where zeros
syntax match iclType /:\s*\zs\%(real\|int\|bool\|string\|list\|record\|range\|table\|estimate\|task\|predictor\)\>/
syntax match iclType /->\s*\zs\%(real\|int\|bool\)\>/
" After a dot a word is a field, and before `=` in a call the name of an argument.
syntax match iclField /\.\s*\h\w*/
syntax match iclName /\%(^\s*\%(algorithm\|architecture\|fn\|layer\|optimizer\|preprocess\|task\)\s\+\)\@<=\k\+/
syntax match iclNumber /\<\d[0-9_]*\%(\.\d\+\)\?\%([eE][-+]\?\d\+\)\?\>/
syntax match iclNumber /\.\d\+\%([eE][-+]\?\d\+\)\?\>/
syntax match iclOperator /[-+*\/@~=<>]\|==\|!=\|<=\|>=\|->\|+=\|-=\|\*=/
syntax region iclString start=/"/ skip=/\\./ end=/"/ end=/$/ contains=iclEscape,iclInside
syntax match iclEscape /\\[nt"\\{}]\|{{\|}}/ contained
syntax region iclInside matchgroup=iclEscape start=/{{\@!/ end=/}/ contained contains=TOP
syntax match iclComment /#.*$/ contains=iclTodo
syntax match iclDoc /##.*$/ contains=iclTodo
syntax keyword iclTodo TODO FIXME contained
highlight default link iclDefinition Structure
highlight default link iclKeyword Keyword
highlight default link iclStatement Statement
highlight default link iclConstant Boolean
highlight default link iclDistribution Special
highlight default link iclBuiltin Function
highlight default link iclType Type
highlight default link iclName Identifier
highlight default link iclNumber Number
highlight default link iclOperator Operator
highlight default link iclString String
highlight default link iclEscape SpecialChar
highlight default link iclComment Comment
highlight default link iclDoc SpecialComment
highlight default link iclTodo Todo
let b:current_syntax = 'icl'
