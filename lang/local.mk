# Text <-> AST: arenas, names, sources, messages, lexer, parser, checks, and the standard library.

program_sources += \
	lang/arena.c \
	lang/arena.h \
	lang/ast.c \
	lang/ast.def \
	lang/ast.h \
	lang/def.def \
	lang/diag.c \
	lang/diag.def \
	lang/diag.h \
	lang/diag_print.c \
	lang/diag_queue.h \
	lang/lex_value.c \
	lang/names.c \
	lang/names.h \
	lang/names_place.c \
	lang/names_suggest.c \
	lang/names_walk.h \
	lang/parse.h \
	lang/parse_build.c \
	lang/parse_build.h \
	lang/parse_error.c \
	lang/size_terms.c \
	lang/size_terms.h \
	lang/sizes.c \
	lang/sizes.h \
	lang/sizes_text.c \
	lang/source.c \
	lang/source.h \
	lang/std.h \
	lang/str.c \
	lang/str.h \
	lang/tokens.c \
	lang/tokens.h \
	lang/vec.h

tool_sources += \
	lang/ast_print.c \
	lang/fmt.c \
	lang/fmt.h \
	lang/fmt_align.c \
	lang/fmt_diff.c \
	lang/fmt_lines.h

# The standard library: every lang/std/NAME.icl, alphabetical. Installed to be read, embedded to be used.
std_files = \
	lang/std/algorithms.icl \
	lang/std/architectures.icl \
	lang/std/constructions.icl \
	lang/std/layers.icl \
	lang/std/optimizers.icl \
	lang/std/preprocesses.icl \
	lang/std/random.icl \
	lang/std/shifts.icl \
	lang/std/tasks.icl

stddir = $(pkgdatadir)/std
dist_std_DATA = $(std_files)

nodist_libicl_a_SOURCES += lang/std_files.c
CLEANFILES += lang/std_files.c
EXTRA_DIST += lang/std/embed.awk
lang/std_files.c: lang/std/embed.awk $(std_files) Makefile
	$(AM_V_GEN)$(MKDIR_P) lang && cd $(srcdir) && \
	    LC_ALL=C $(AWK) -f lang/std/embed.awk $(std_files) </dev/null >$(abs_builddir)/$@.tmp && \
	    mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@

# The lexer and the parser: lang/lex.l -> lang/lex.yy.c, lang/parse.y -> lang/parse.tab.c and lang/parse.tab.h.
grammar_files = lang/lex.l lang/parse.y
EXTRA_DIST += $(grammar_files)
nodist_libicl_a_SOURCES += lang/lex.yy.c lang/parse.tab.c
BUILT_SOURCES += lang/parse.tab.h
CLEANFILES += lang/lex.yy.c lang/parse.tab.c lang/parse.tab.h
lang/parse.tab.c: lang/parse.y
	$(AM_V_GEN)$(MKDIR_P) lang && \
	    $(BISON) -Wall -Werror --header=lang/parse.tab.h -o lang/parse.tab.c $(srcdir)/lang/parse.y
lang/parse.tab.h: lang/parse.tab.c
# Before the first compilation has found out which files include it, it has to be there: also for `make icl` alone.
$(libicl_a_OBJECTS): | lang/parse.tab.h
lang/lex.yy.c: lang/lex.l
	$(AM_V_GEN)$(MKDIR_P) lang && $(FLEX) -o lang/lex.yy.c $(srcdir)/lang/lex.l

