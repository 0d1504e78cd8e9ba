# AST -> script values, tensor IR, passes, schedules, machine code; the command line.

libicl_a_SOURCES += \
	compiler/eval.h \
	compiler/interp.h \
	compiler/ir.h \
	compiler/loop.def \
	compiler/loops.h \
	compiler/op.def \
	compiler/pass.def \
	compiler/value.h
