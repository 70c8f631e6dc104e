// Asks for randomness for ever.
#include <unistd.h>

static char block[256];

int main(void) {
  for (;;) getentropy(block, sizeof block);
}
