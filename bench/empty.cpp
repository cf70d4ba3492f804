// A program that does nothing: the cost of loading and starting a program.
int main() {
  return 0;
}
