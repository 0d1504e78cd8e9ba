/* `icl fmt`. */
#ifndef ICL_FORMAT_H
#define ICL_FORMAT_H

/* FILE... [--check] [--diff]. Returns the exit status: 0; 1: a file has errors, or --check found one to change; 2. */
int format_command(int argc, char **argv);

#endif
