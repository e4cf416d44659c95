#if VISIBLE_LOCKS
  internal import NeedletailNumerics

  typealias Mutex = VisibleMutex
#endif
