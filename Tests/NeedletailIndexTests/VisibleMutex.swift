#if VISIBLE_LOCKS
  import NeedletailNumerics

  typealias Mutex = VisibleMutex
#endif
