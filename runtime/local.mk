# What runs: random numbers, threads, measuring, tables, figures. Knows nothing of AST or LLVM.

program_sources += \
	runtime/clock.h \
	runtime/estimate.h \
	runtime/icl_rt.h \
	runtime/identity.c \
	runtime/identity.h \
	runtime/identity_part.h \
	runtime/measure.c \
	runtime/measure.h \
	runtime/memory.c \
	runtime/memory.h \
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
	runtime/plugin.c \
	runtime/plugin.h \
	runtime/pool.c \
	runtime/pool.h \
	runtime/progress.c \
	runtime/progress.h \
	runtime/ranks.c \
	runtime/ranks.h \
	runtime/ranks_link.h \
	runtime/ranks_open.c \
	runtime/results.c \
	runtime/results.h \
	runtime/results_read.c \
	runtime/results_read.h \
	runtime/rng.c \
	runtime/room.c \
	runtime/room.h \
	runtime/safetensors.c \
	runtime/safetensors.h \
	runtime/sections.c \
	runtime/sections.h \
	runtime/sha256.c \
	runtime/sha256.h \
	runtime/table.c \
	runtime/table.h \
	runtime/table_file.c \
	runtime/table_sqlite.c \
	runtime/table_text.c \
	runtime/train.c \
	runtime/train.h

# The link between machines, loaded by icl where a launcher has started several processes.
if HAVE_MPI
pkglibexec_PROGRAMS += icl-mpi.so
endif
icl_mpi_so_SOURCES = runtime/ranks_mpi.c runtime/ranks_link.h
icl_mpi_so_CPPFLAGS = $(AM_CPPFLAGS) $(MPI_CPPFLAGS)
icl_mpi_so_CFLAGS = $(AM_CFLAGS) -fPIC
icl_mpi_so_LDFLAGS = $(AM_LDFLAGS) -shared
icl_mpi_so_LDADD = $(MPI_LIBS)

# What the parts of one build have in common: a sum of all sources, and of what icl-mpi.so and those that load it share.
# The sums are of the files' contents alone, so whoever builds these sources gets them.
identity_files = config.h $(libicl_a_SOURCES) $(grammar_files) $(std_files) lang/std/embed.awk compiler/main.c \
	$(cross_sources) $(icl_llvm_so_SOURCES)
CLEANFILES += runtime/identity_sums.h
runtime/identity_sums.h: $(identity_files)
	$(AM_V_GEN)$(MKDIR_P) runtime && \
	    sources=`cat $^ | cksum | cut -d ' ' -f 1` && link=`cksum <$(srcdir)/runtime/ranks_link.h | cut -d ' ' -f 1` && \
	    printf '#define ICL_SOURCES "%08x"\n#define ICL_LINK "%08x"\n' "$$sources" "$$link" >$@
$(libicl_a_OBJECTS) $(icl_llvm_so_OBJECTS) $(icl_mpi_so_OBJECTS): | runtime/identity_sums.h
