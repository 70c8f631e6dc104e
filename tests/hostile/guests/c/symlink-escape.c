// Makes a link that leads out of the directory that it was given, and reads through it.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void fail(const char *what) {
  const char *why = strerror(errno);
  write(2, what, strlen(what));
  write(2, ": ", 2);
  write(2, why, strlen(why));
  write(2, "\n", 1);
  exit(1);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  if (symlink(arguments[1], "/data/own-link")) fail("symlink");
  int file = open("/data/own-link", O_RDONLY);
  if (file < 0) fail("open");
  char block[256];
  ssize_t length = read(file, block, sizeof block);
  if (length < 0) fail("read");
  write(1, block, length);
  return 0;
}
