# What runs: random numbers, threads, measuring, tables, figures. Knows nothing of AST or LLVM.

libicl_a_SOURCES += \
	runtime/estimate.h \
	runtime/icl_rt.h \
	runtime/measure.c \
	runtime/measure.h \
	runtime/npz.c \
	runtime/npz.h \
	runtime/number.c \
	runtime/number.h \
	runtime/object.c \
	runtime/object.h \
	runtime/output.c \
	runtime/output.h \
	runtime/pack.c \
	runtime/pack.h \
	runtime/plot.c \
	runtime/plot.h \
	runtime/plot_axis.c \
	runtime/plot_canvas.c \
	runtime/plot_rows.c \
	runtime/plot_script.c \
	runtime/plot_script.h \
	runtime/plot_text.c \
	runtime/pool.c \
	runtime/pool.h \
	runtime/progress.c \
	runtime/progress.h \
	runtime/rng.c \
	runtime/table.c \
	runtime/table.h \
	runtime/table_file.c \
	runtime/table_text.c \
	runtime/train.c \
	runtime/train.h
