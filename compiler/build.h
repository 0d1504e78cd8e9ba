/* `icl build`: a program that runs one script without icl. */
#ifndef ICL_BUILD_H
#define ICL_BUILD_H

int build_command(int argc, char **argv); /* its arguments; returns the exit status */

#endif
