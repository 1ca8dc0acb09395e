/* Files that a command will write after long work: whether they can be written is found out before it. One rule for all
 * of them: folders that are missing are made. */
#ifndef OUTPUT_PATH_H
#define OUTPUT_PATH_H

/* Whether `path`, the value of --`option`, can be written: it is no folder, and the folder it is in, or the nearest one
 * that is there, can be written to. NULL is fine. What stands behind a '{' is known only later and not looked at.
 * Returns COMMAND_OK or, after a sentence on stderr, COMMAND_FAILURE. */
int output_path_check(const char *option, const char *path);

/* Makes the folders that are missing. Returns as output_path_check. */
int output_path_make_folders(const char *option, const char *path);

#endif
