# Tests speak TAP: unit tests through Check, and one wrapper a stage for the cases.

TEST_EXTENSIONS = .tap
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TAP_LOG_DRIVER = $(LOG_DRIVER)
TAP_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = CK_TAP_LOG_FILE_NAME=-; CK_VERBOSITY=silent; ICL='$(abs_top_builddir)/icl'; \
	export CK_TAP_LOG_FILE_NAME CK_VERBOSITY ICL;

# Folders of tests/cases that have cases, each with a wrapper tests/STAGE.tap.
stages = build check fmt ir loops names parse repl run syntax
stage_tests = \
	tests/bench.tap \
	tests/build.tap \
	tests/build_cases.tap \
	tests/cache.tap \
	tests/check.tap \
	tests/code_size.tap \
	tests/command.tap \
	tests/costs.tap \
	tests/examples.tap \
	tests/docs.tap \
	tests/editors.tap \
	tests/explain.tap \
	tests/fmt.tap \
	tests/fmt_tree.tap \
	tests/ir.tap \
	tests/loops.tap \
	tests/lsp.tap \
	tests/model.tap \
	tests/model_forward.tap \
	tests/model_kill.tap \
	tests/names.tap \
	tests/parse.tap \
	tests/phases_kill.tap \
	tests/ranks.tap \
	tests/replay.tap \
	tests/repl.tap \
	tests/repl_more.tap \
	tests/results.tap \
	tests/run.tap \
	tests/runs.tap \
	tests/std.tap \
	tests/study.tap \
	tests/syntax.tap

EXTRA_DIST += tests/README.md tests/bench tests/build tests/cases tests/cases.sh tests/examples tests/lint.sh \
	tests/lsp tests/messages.awk tests/messages.txt tests/model tests/order.awk tests/phases.icl tests/phases_kill.sh \
	tests/std $(stage_tests)
TESTS += $(stage_tests)
AM_CHECK_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
unit_ldadd = libicl.a $(JANSSON_LIBS) $(SQLITE_LIBS) $(ZSTD_STATIC) $(CHECK_LIBS)

if HAVE_CHECK
check_PROGRAMS += $(unit_tests)
endif
TESTS += $(check_PROGRAMS)

# Unit tests: a program a file, alphabetical, each with its three lines below.
unit_tests = \
	tests/unit/check_figures \
	tests/unit/check_gradients \
	tests/unit/check_interp \
	tests/unit/check_ir \
	tests/unit/check_lanes \
	tests/unit/check_lang \
	tests/unit/check_numbers \
	tests/unit/check_ops \
	tests/unit/check_output \
	tests/unit/check_reassociate \
	tests/unit/check_results \
	tests/unit/check_runtime \
	tests/unit/check_safetensors \
	tests/unit/check_scalars_llvm \
	tests/unit/check_terminal

# The back end, loaded by this program, is resolved against it.
tests_unit_check_lanes_SOURCES = tests/unit/check_lanes.c
tests_unit_check_lanes_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_lanes_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
tests_unit_check_lanes_LDADD = $(unit_ldadd)

tests_unit_check_numbers_SOURCES = tests/unit/check_numbers.c
tests_unit_check_numbers_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_numbers_LDADD = $(unit_ldadd)

tests_unit_check_ops_SOURCES = tests/unit/check_ops.c
tests_unit_check_ops_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_ops_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
tests_unit_check_ops_LDADD = $(unit_ldadd)

tests_unit_check_gradients_SOURCES = tests/unit/check_gradients.c
tests_unit_check_gradients_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_gradients_LDADD = $(unit_ldadd)

tests_unit_check_figures_SOURCES = tests/unit/check_figures.c
tests_unit_check_figures_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_figures_LDADD = $(unit_ldadd)

tests_unit_check_output_SOURCES = tests/unit/check_output.c
tests_unit_check_output_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_output_LDADD = $(unit_ldadd)

tests_unit_check_reassociate_SOURCES = tests/unit/check_reassociate.c
tests_unit_check_reassociate_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_reassociate_LDADD = $(unit_ldadd)

tests_unit_check_results_SOURCES = tests/unit/check_results.c
tests_unit_check_results_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_results_LDADD = $(unit_ldadd)

tests_unit_check_scalars_llvm_SOURCES = tests/unit/check_scalars_llvm.c $(icl_llvm_so_SOURCES)
tests_unit_check_scalars_llvm_CPPFLAGS = $(AM_CPPFLAGS) $(LLVM_CPPFLAGS)
tests_unit_check_scalars_llvm_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_scalars_llvm_LDADD = $(unit_ldadd) $(LLVM_LIBS)

tests_unit_check_terminal_SOURCES = tests/unit/check_terminal.c
tests_unit_check_terminal_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_terminal_LDADD = $(unit_ldadd)

tests_unit_check_safetensors_SOURCES = tests/unit/check_safetensors.c
tests_unit_check_safetensors_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_safetensors_LDADD = $(unit_ldadd)

tests_unit_check_runtime_SOURCES = tests/unit/check_runtime.c
tests_unit_check_runtime_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_runtime_LDADD = $(unit_ldadd)

tests_unit_check_interp_SOURCES = tests/unit/check_interp.c
tests_unit_check_interp_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_interp_LDADD = $(unit_ldadd)

tests_unit_check_ir_SOURCES = tests/unit/check_ir.c
tests_unit_check_ir_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_ir_LDADD = $(unit_ldadd)

tests_unit_check_lang_SOURCES = tests/unit/check_lang.c
tests_unit_check_lang_CFLAGS = $(AM_CHECK_CFLAGS)
tests_unit_check_lang_LDADD = $(unit_ldadd)
