# The runtimes for programs on another machine, for GNU make: called by the makefile of the tree, in its folder, with
#
#   CROSS_CC  its C compiler    CROSS  its triple    srcdir    SOURCES  files that programs are made of, among others
#
# Only its C library is asked for: config.h leaves out what needs more (ICL_PLAIN), and there is no record of runs.
VPATH = $(srcdir)
folder = $(CROSS)
objects = $(patsubst %.c,$(folder)/%.o,$(filter %.c,$(SOURCES)))
with_sqlite = compiler/store.o runtime/results.o runtime/results_read.o runtime/table_sqlite.o
common = $(filter-out $(folder)/runtime/plugin%.o $(addprefix $(folder)/,$(with_sqlite)),$(objects))
flags = -std=gnu11 -O2 -ffp-contract=off -ffunction-sections -fdata-sections -DICL_PLAIN -include config.h \
	-I$(srcdir) -I. -MMD -MP
link = $(CROSS_CC) -s -Wl,--gc-sections -Wl,--as-needed

all: icl-program-$(CROSS) icl-program-$(CROSS)-static

icl-program-$(CROSS): $(common) $(folder)/runtime/plugin.o
	@$(link) $^ -lm -lpthread -ldl -o $@

icl-program-$(CROSS)-static: $(common) $(folder)/runtime/plugin_none.o
	@$(link) -static $^ -lm -lpthread -o $@

$(folder)/%.o: %.c
	@mkdir -p $(@D)
	@$(CROSS_CC) $(flags) -c $< -o $@

-include $(objects:.o=.d)
