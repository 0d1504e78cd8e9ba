autocmd BufRead,BufNewFile *.icl setfiletype icl
