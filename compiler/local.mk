# AST -> script values, tensor IR, passes, schedules, machine code; the command line.

program_sources += \
	compiler/ahead.c \
	compiler/ahead.h \
	compiler/answer.c \
	compiler/answer.h \
	compiler/arguments.c \
	compiler/bench_note.c \
	compiler/builtin.def \
	compiler/builtins.c \
	compiler/builtins.h \
	compiler/builtins_linalg.c \
	compiler/builtins_reduce.c \
	compiler/builtins_shape.c \
	compiler/chain.c \
	compiler/chain.h \
	compiler/chain_cost.c \
	compiler/chain_emit.c \
	compiler/command.c \
	compiler/command.h \
	compiler/cse.c \
	compiler/damage.c \
	compiler/damage.h \
	compiler/dce.c \
	compiler/digest.c \
	compiler/digest.h \
	compiler/dists.c \
	compiler/elementary.inc \
	compiler/eval.h \
	compiler/eval_call.c \
	compiler/eval_check.c \
	compiler/eval_def.c \
	compiler/eval_def.h \
	compiler/eval_expr.c \
	compiler/eval_hyper.c \
	compiler/eval_index.c \
	compiler/eval_loop.c \
	compiler/eval_message.c \
	compiler/eval_pass.c \
	compiler/eval_range.c \
	compiler/eval_stmt.c \
	compiler/grad.c \
	compiler/grad.h \
	compiler/grad_loop.c \
	compiler/grad_rules.c \
	compiler/grad_rules.h \
	compiler/hoist.c \
	compiler/inspect.c \
	compiler/inspect.h \
	compiler/interp.c \
	compiler/interp.h \
	compiler/interp_run.c \
	compiler/ir.c \
	compiler/ir.h \
	compiler/ir_attr.h \
	compiler/ir_fold.c \
	compiler/ir_symmetric.c \
	compiler/ir_text.c \
	compiler/ir_verify.c \
	compiler/join.c \
	compiler/keep.c \
	compiler/keeper.h \
	compiler/kernel_store.c \
	compiler/kernel_store.h \
	compiler/level.c \
	compiler/level.h \
	compiler/linalg.c \
	compiler/linalg.h \
	compiler/linalg.inc \
	compiler/measured.c \
	compiler/model.c \
	compiler/model.h \
	compiler/model_causal.c \
	compiler/model_file.c \
	compiler/model_path.c \
	compiler/narrow.c \
	compiler/op.def \
	compiler/pass.def \
	compiler/passes.c \
	compiler/payload.c \
	compiler/payload.h \
	compiler/places.c \
	compiler/places.h \
	compiler/program.c \
	compiler/program.h \
	compiler/promise.c \
	compiler/reassociate.c \
	compiler/rehearse.c \
	compiler/rehearse.h \
	compiler/replay.c \
	compiler/replay.h \
	compiler/request.c \
	compiler/request.h \
	compiler/scalar.c \
	compiler/scalar.h \
	compiler/script.h \
	compiler/share.c \
	compiler/store.c \
	compiler/store.h \
	compiler/study.c \
	compiler/sweep.c \
	compiler/tables.c \
	compiler/tensor.c \
	compiler/tensor_say.c \
	compiler/tensor_say.h \
	compiler/train.c \
	compiler/train.h \
	compiler/train_kernels.c \
	compiler/train_loop.c \
	compiler/train_step.c \
	compiler/training.h \
	compiler/tune.c \
	compiler/value.c \
	compiler/value.h \
	compiler/variables.c \
	compiler/warn.c \
	compiler/warn.h

tool_sources += \
	compiler/bench.c \
	compiler/bench.h \
	compiler/bench_report.c \
	compiler/build.c \
	compiler/build.h \
	compiler/cache.c \
	compiler/cache.h \
	compiler/cache_tool.c \
	compiler/cache_tool.h \
	compiler/complete.c \
	compiler/complete.h \
	compiler/cost.c \
	compiler/cost.h \
	compiler/describe.c \
	compiler/describe.h \
	compiler/diag_json.c \
	compiler/diag_json.h \
	compiler/emit.c \
	compiler/emit.h \
	compiler/explain.c \
	compiler/explain.h \
	compiler/format.c \
	compiler/format.h \
	compiler/gradcheck.c \
	compiler/gradcheck.h \
	compiler/ir_read.c \
	compiler/kernel.c \
	compiler/kernel.h \
	compiler/lanes.c \
	compiler/lanes.h \
	compiler/lanes_eigen.c \
	compiler/lanes_elem.c \
	compiler/lanes_index.c \
	compiler/lanes_linalg.c \
	compiler/lanes_lstsq.c \
	compiler/lanes_matrix.h \
	compiler/lanes_move.c \
	compiler/lanes_plan.c \
	compiler/lanes_reduce.c \
	compiler/lanes_region.c \
	compiler/lanes_sort.c \
	compiler/lanes_product.c \
	compiler/lanes_tile.c \
	compiler/loop.def \
	compiler/loops.c \
	compiler/loops.h \
	compiler/loops_place.c \
	compiler/loops_nests.c \
	compiler/loops_sizes.c \
	compiler/loops_text.c \
	compiler/lsp.c \
	compiler/lsp.h \
	compiler/lsp_ask.c \
	compiler/lsp_document.c \
	compiler/lsp_offer.c \
	compiler/machine_peak.c \
	compiler/payload_write.c \
	compiler/repl.c \
	compiler/repl.h \
	compiler/repl_commands.c \
	compiler/repl_complete.c \
	compiler/repl_complete.h \
	compiler/repl_follow.c \
	compiler/repl_line.c \
	compiler/repl_line.h \
	compiler/repl_show.c \
	compiler/runs.c \
	compiler/runs.h \
	compiler/runs_diff.c \
	compiler/runs_export.c \
	compiler/shell.c \
	compiler/shell.h

# All of libicl.a is linked in and its names are exported: icl-llvm.so is resolved against them.
bin_PROGRAMS += icl
icl_SOURCES = compiler/main.c
icl_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
icl_LDADD = $(WHOLE_ARCHIVE) libicl.a $(NO_WHOLE_ARCHIVE) $(EDIT_LIBS) $(JANSSON_LIBS) $(SQLITE_LIBS) $(ZSTD_STATIC)
icl_DEPENDENCIES = libicl.a
# `make icl` alone does not leave a back end of another build beside it.
EXTRA_icl_DEPENDENCIES = icl-llvm.so

# What `icl build` makes programs of: of libicl.a what a run needs, which is neither LLVM nor the tools.
pkglibexec_PROGRAMS += icl-program
icl_program_SOURCES = compiler/standalone.c
icl_program_LDFLAGS = $(AM_LDFLAGS) -s -Wl,--as-needed
icl_program_LDADD = libicl.a $(SQLITE_STATIC) $(ZSTD_STATIC)

if STATIC_PROGRAMS
pkglibexec_PROGRAMS += icl-program-static
icl_program_static_SOURCES = compiler/standalone.c runtime/plugin_none.c
icl_program_static_LDFLAGS = $(AM_LDFLAGS) -s -static -Wl,--wrap=dlopen
icl_program_static_LDADD = $(icl_program_LDADD)
endif

# The same for another machine, in which store_none.c stands for the record of runs. Made again when libicl.a is; which
# files that concerns is found out there.
cross_sources = compiler/standalone.c compiler/store_none.c runtime/plugin_none.c
EXTRA_DIST += compiler/cross.mk $(cross_sources)
if CROSS
pkglibexec_SCRIPTS = icl-program-$(CROSS) icl-program-$(CROSS)-static
CLEANFILES += $(pkglibexec_SCRIPTS)
icl-program-$(CROSS): libicl.a compiler/cross.mk $(cross_sources)
	$(AM_V_GEN)$(MAKE) -s -f $(srcdir)/compiler/cross.mk CROSS=$(CROSS) CROSS_CC='$(CROSS_CC)' srcdir=$(srcdir) \
	    SOURCES='$(cross_sources) $(program_sources) $(nodist_libicl_a_SOURCES)' && touch $@
icl-program-$(CROSS)-static: icl-program-$(CROSS)

clean-local:
	-rm -rf $(CROSS)
endif

# The back end is a program to automake and a shared object to the linker. It lies next to icl in the build tree, and its
# calls into icl are resolved when icl loads it.
pkglibexec_PROGRAMS += icl-llvm.so
icl_llvm_so_SOURCES = \
	compiler/llvm/emit.c \
	compiler/llvm/emit.h \
	compiler/llvm/plugin.c \
	compiler/llvm/plugin.h \
	compiler/llvm/scalars.c \
	compiler/llvm/scalars.h \
	compiler/llvm/sums.c \
	compiler/llvm/sums.h \
	compiler/llvm/target.c \
	compiler/llvm/target.h
icl_llvm_so_CPPFLAGS = $(AM_CPPFLAGS) $(LLVM_CPPFLAGS)
icl_llvm_so_CFLAGS = $(AM_CFLAGS) -fPIC
icl_llvm_so_LDFLAGS = $(AM_LDFLAGS) -shared
icl_llvm_so_LDADD = $(LLVM_LIBS)
