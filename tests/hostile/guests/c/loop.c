// Never returns.
int main(void) {
  volatile unsigned count = 0;
  for (;;) count++;
}
