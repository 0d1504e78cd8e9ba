# What runs: random numbers, threads, measuring, tables, figures. Knows nothing of AST or LLVM.

libicl_a_SOURCES += \
	runtime/icl_rt.h
