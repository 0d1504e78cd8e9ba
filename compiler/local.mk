# AST -> script values, tensor IR, passes, schedules, machine code; the command line.

libicl_a_SOURCES += \
	compiler/answer.h \
	compiler/builtin.def \
	compiler/cse.c \
	compiler/dce.c \
	compiler/elementary.inc \
	compiler/eval.h \
	compiler/grad.h \
	compiler/hoist.c \
	compiler/interp.c \
	compiler/interp.h \
	compiler/interp_run.c \
	compiler/ir.c \
	compiler/ir.h \
	compiler/ir_attr.h \
	compiler/ir_fold.c \
	compiler/ir_read.c \
	compiler/ir_symmetric.c \
	compiler/ir_text.c \
	compiler/ir_verify.c \
	compiler/lanes.h \
	compiler/linalg.c \
	compiler/linalg.h \
	compiler/linalg.inc \
	compiler/loop.def \
	compiler/loops.h \
	compiler/op.def \
	compiler/pass.def \
	compiler/passes.c \
	compiler/program.h \
	compiler/scalar.c \
	compiler/scalar.h \
	compiler/script.h \
	compiler/value.h

# The back end is a program to automake and a shared object to the linker. It lies next to icl in the build tree, and its
# calls into icl are resolved when icl loads it.
pkglibexec_PROGRAMS += icl-llvm.so
icl_llvm_so_SOURCES = \
	compiler/llvm/emit.h \
	compiler/llvm/plugin.h \
	compiler/llvm/scalars.c \
	compiler/llvm/scalars.h \
	compiler/llvm/target.h
icl_llvm_so_CPPFLAGS = $(AM_CPPFLAGS) $(LLVM_CPPFLAGS)
icl_llvm_so_CFLAGS = $(AM_CFLAGS) -fPIC
icl_llvm_so_LDFLAGS = $(AM_LDFLAGS) -shared
icl_llvm_so_LDADD = $(LLVM_LIBS)
