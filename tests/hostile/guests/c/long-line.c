// Writes a line of 100 MiB to standard error, and then ends well.
#include <string.h>
#include <unistd.h>

static char block[1 << 16];

int main(void) {
  memset(block, 'x', sizeof block);
  for (int n = 0; n < 1600; n++) write(2, block, sizeof block);
  return 0;
}
