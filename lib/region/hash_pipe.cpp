#include "region/hash_pipe.h"

#include "base/thread.h"

namespace vde {

HashPipe::HashPipe(size_t buffer_size) {
  for (Buffer& buffer : buffers_) buffer.size = buffer_size;
}

HashPipe::~HashPipe() {
  if (!thread_.joinable()) return;
  static_cast<void>(finish());
}

MutableBytes HashPipe::fill() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return pushed_ - hashed_ < kBuffers; });
  Buffer& buffer = buffers_[pushed_ % kBuffers];
  buffer.bytes.resize(buffer.size);
  return buffer.bytes;
}

// Data that fits into one buffer is hashed in finish(), without a thread. If there is no thread to
// be had, each buffer is hashed here.
Bytes HashPipe::push(size_t size) {
  std::unique_lock lock(mutex_);
  if (pushed_ == 1) thread_ = start_thread([this] { work(); });
  Buffer& buffer = buffers_[pushed_ % kBuffers];
  buffer.used = size;
  ++pushed_;
  changed_.notify_all();
  const bool is_alone = pushed_ > 1 && !thread_.joinable();
  lock.unlock();
  if (is_alone) hash_waiting();
  return Bytes(buffer.bytes).first(size);
}

Opaque<32> HashPipe::finish() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
  else
    work();
  return hash_.finish();
}

void HashPipe::work() {
  do {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return hashed_ < pushed_ || closed_; });
  } while (hash_waiting());
}

// Hashes what is pushed; false if there was nothing.
bool HashPipe::hash_waiting() {
  std::unique_lock lock(mutex_);
  if (hashed_ == pushed_) return false;
  while (hashed_ < pushed_) {
    const Buffer& buffer = buffers_[hashed_ % kBuffers];
    lock.unlock();
    hash_.add(Bytes(buffer.bytes).first(buffer.used));
    lock.lock();
    ++hashed_;
    changed_.notify_all();
  }
  return true;
}

}  // namespace vde
