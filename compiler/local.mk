# AST -> script values, tensor IR, passes, schedules, machine code; the command line.

libicl_a_SOURCES += \
	compiler/interp.h \
	compiler/ir.h \
	compiler/op.def \
	compiler/pass.def
