// Calls itself with large frames: C keeps them in linear memory, so that is what it runs out of.
#include <stddef.h>

static volatile size_t depth;

__attribute__((noinline)) static size_t deeper(volatile char *above) {
  volatile char frame[4096];
  frame[0] = above[0];
  depth++;
  return deeper(frame) + frame[0];
}

int main(void) {
  volatile char first[1] = {1};
  return (int)deeper(first);
}
