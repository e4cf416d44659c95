/// One import for applications that embed Needletail.
@_exported public import NeedletailCore
@_exported public import NeedletailIndex
@_exported public import NeedletailModels
@_exported public import NeedletailRetrieval
@_exported public import NeedletailStore
@_exported public import NeedletailText
