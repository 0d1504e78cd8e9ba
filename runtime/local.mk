# What runs: random numbers, threads, measuring, tables, figures. Knows nothing of AST or LLVM.

libicl_a_SOURCES += \
	runtime/estimate.h \
	runtime/icl_rt.h \
	runtime/npz.h \
	runtime/number.c \
	runtime/number.h \
	runtime/output.h \
	runtime/pool.c \
	runtime/pool.h \
	runtime/rng.c \
	runtime/table.h
