# Tests speak TAP: unit tests through Check, and one wrapper a stage for the cases.

TEST_EXTENSIONS = .tap
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TAP_LOG_DRIVER = $(LOG_DRIVER)
TAP_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = CK_TAP_LOG_FILE_NAME=-; CK_VERBOSITY=silent; ICL='$(abs_top_builddir)/icl'; \
	export CK_TAP_LOG_FILE_NAME CK_VERBOSITY ICL;

# Folders of tests/cases that have cases, each with a wrapper tests/STAGE.tap.
stages =

EXTRA_DIST += tests/README.md tests/cases.sh tests/lint.sh
TESTS += $(check_PROGRAMS)
AM_CHECK_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
unit_ldadd = libicl.a $(CHECK_LIBS)
