" Comments, indentation and layout of icl scripts: `gq` lays lines out with `icl fmt`.
if exists('b:did_ftplugin')
    finish
endif
let b:did_ftplugin = 1
setlocal commentstring=#\ %s comments=:##,:#
setlocal expandtab shiftwidth=4 softtabstop=4 smartindent
setlocal formatprg=icl\ fmt\ -
setlocal suffixesadd=.icl
if executable('icl')
    setlocal keywordprg=icl\ doc
    setlocal makeprg=icl\ check\ %
    setlocal errorformat=%E%trror[%.%#]:\ %m,%W%tarning[%.%#]:\ %m,%C\ %#-->\ %f:%l:%c,%-G%.%#
endif
let b:undo_ftplugin = 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop< smartindent< formatprg< '
    \ . 'suffixesadd< keywordprg< makeprg< errorformat<'
