variable "alarm_actions" {
  description = "ARNs told when an alarm changes state, usually one SNS topic. Empty: the alarms exist and tell nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    When the alarms ring: the oldest message is more than `age_seconds` old in each of `evaluation_periods` minutes. That a
    message became a dead letter rings at once and takes no setting.
  EOT
  type = object({
    age_seconds        = optional(number, 300)
    evaluation_periods = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.age_seconds > 0 && var.alarms.age_seconds < var.retention_seconds
    error_message = "alarms.age_seconds is ${var.alarms.age_seconds}; give more than 0 and less than retention_seconds, ${var.retention_seconds}, or the alarm rings when the messages are gone."
  }

  validation {
    condition     = var.alarms.evaluation_periods >= 1 && var.alarms.evaluation_periods <= 1440 && floor(var.alarms.evaluation_periods) == var.alarms.evaluation_periods
    error_message = "alarms.evaluation_periods is ${var.alarms.evaluation_periods}; give a whole number of minutes from 1 to 1440."
  }
}

variable "alarms_enabled" {
  description = "Whether the worker has its alarms. Without them something else should watch it."
  type        = bool
  default     = true
  nullable    = false
}

variable "batch_size" {
  description = "Most messages in one batch. More than 10 need a `batching_window_seconds`."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size is ${var.batch_size}; give a whole number from 1 to 10000."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
  validation {
    condition     = var.batch_size <= 10 || var.batching_window_seconds >= 1
    error_message = "batch_size is ${var.batch_size} and batching_window_seconds 0; give 10 messages at most, or a window of 1 second or more."
  }
}

variable "batching_window_seconds" {
  description = "Seconds for which a batch is gathered before the function is called: later answers, fewer invocations."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.batching_window_seconds >= 0 && var.batching_window_seconds <= 300 && floor(var.batching_window_seconds) == var.batching_window_seconds
    error_message = "batching_window_seconds is ${var.batching_window_seconds}; give a whole number from 0 to 300."
  }
}

variable "enabled" {
  description = "Whether the function gets messages. While it does not, the queue keeps them."
  type        = bool
  default     = true
  nullable    = false
}

variable "filter_patterns" {
  description = "Event filter patterns (JSON); a message that matches none is deleted from the queue, and never reaches the function. Empty: every message does."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for pattern in var.filter_patterns : can(jsondecode(pattern))])
    error_message = "filter_patterns are JSON; these are not: ${join(" ; ", [for pattern in var.filter_patterns : pattern if !can(jsondecode(pattern))])}."
  }

  validation {
    condition     = length(var.filter_patterns) <= 5
    error_message = "There are ${length(var.filter_patterns)} filter_patterns; a mapping takes 5."
  }
}

variable "function" {
  description = "The worker: `alias_arn` is what the mapping triggers (never the bare function), `role_name` gets the permissions, `timeout_seconds` decides for how long a message is hidden. With `attach_policy = false` the role gets nothing: grant it `policy_json` where it is made, before."
  type = object({
    name            = string
    alias_arn       = string
    role_name       = string
    timeout_seconds = number
    attach_policy   = optional(bool, true)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:]+:[^:]+$", var.function.alias_arn))
    error_message = "function.alias_arn is \"${var.function.alias_arn}\"; give an alias's ARN, which ends in :function:<name>:<alias>, so that a deployment can be shifted and taken back."
  }

  validation {
    condition     = var.function.timeout_seconds >= 1 && var.function.timeout_seconds <= 900
    error_message = "function.timeout_seconds is ${var.function.timeout_seconds}; give the function's own, from 1 to 900."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the messages of both queues. A service among `senders` must be let in by its policy."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "\"${var.kms_key_arn}\" is no KMS key's ARN: give arn:aws:kms:<region>:<account>:key/<id>, not an alias or a bare id."
  }
}

variable "maximum_concurrency" {
  description = "Most invocations at once for this queue; it takes none out of the account's pool. Null: as many as Lambda finds use for."
  type        = number
  default     = null

  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
  validation {
    condition     = var.maximum_concurrency == null ? true : var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000 && floor(var.maximum_concurrency) == var.maximum_concurrency
    error_message = "maximum_concurrency is ${coalesce(var.maximum_concurrency, -1)}; give a whole number from 2 to 1000, or null for no bound."
  }
}

variable "maximum_receives" {
  description = "How often a message is handed over before it becomes a dead letter. A throttled invocation counts as one, which is why AWS advises at least 5."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.maximum_receives >= 1 && var.maximum_receives <= 1000 && floor(var.maximum_receives) == var.maximum_receives
    error_message = "maximum_receives is ${var.maximum_receives}; give a whole number from 1 to 1000."
  }
}

variable "name" {
  description = "The queue's name, at most 67 characters: the dead letters' has `-dead-letters` behind it. Another name is another queue: the old one and its messages are deleted."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,67}$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 1 to 67 letters, digits, - or _. A FIFO queue, whose name ends in .fifo, is not made here."
  }

  validation {
    condition     = !endswith(var.name, "-dead-letters")
    error_message = "name is \"${var.name}\", which is the name of another queue's dead letters: give one that does not end in -dead-letters."
  }
}

variable "policy_statements" {
  description = "What reading the queue takes beside its own permissions, by a name for each statement: the key's `decrypt`. Added to the function's role."
  type = map(object({
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))
  nullable = false

  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: of an encrypted queue.
  validation {
    condition     = contains(flatten([for statement in values(var.policy_statements) : statement.actions]), "kms:Decrypt")
    error_message = "No statement allows kms:Decrypt, and the queue is encrypted: pass the decrypt statement of the key's module."
  }
}

variable "retention_seconds" {
  description = "Seconds after which a message that nobody has processed is deleted; dead letters are kept for 14 days from when they were sent."
  type        = number
  default     = 345600
  nullable    = false

  validation {
    condition     = var.retention_seconds >= 60 && var.retention_seconds <= 1209600 && floor(var.retention_seconds) == var.retention_seconds
    error_message = "retention_seconds is ${var.retention_seconds}; give a whole number from 60 to 1209600 (14 days)."
  }

  # Else a message that fails is deleted before it can become a dead letter.
  validation {
    condition     = var.retention_seconds > var.maximum_receives * (6 * var.function.timeout_seconds + var.batching_window_seconds)
    error_message = "retention_seconds is ${var.retention_seconds}, and a failing message becomes a dead letter after ${var.maximum_receives * (6 * var.function.timeout_seconds + var.batching_window_seconds)} s (maximum_receives, each hidden for six times the function's timeout and the window): give more, or it is lost."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/queue-age.md`. Empty: descriptions name none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = !endswith(var.runbooks_url, "/")
    error_message = "runbooks_url is \"${var.runbooks_url}\"; give it without a slash at its end."
  }

  validation {
    condition     = length(var.runbooks_url) <= 256
    error_message = "runbooks_url has ${length(var.runbooks_url)} characters; give at most 256. An alarm's description, which ends with it, has at most 1,024."
  }
}

variable "senders" {
  description = "AWS services that may send messages on behalf of one resource each, by a name of your choice: the `service`'s name (such as `sns` or `events`) and the resource's ARN. The key has to let them in too."
  type = map(object({
    service    = string
    source_arn = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for sender in values(var.senders) : can(regex("^[a-z0-9-]+$", sender.service))])
    error_message = "A sender is a service's name without its domain, such as sns; not so: ${join(", ", [for sender in values(var.senders) : sender.service if !can(regex("^[a-z0-9-]+$", sender.service))])}."
  }
}

variable "tags" {
  description = "Tags for every resource of the module, beside the provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
