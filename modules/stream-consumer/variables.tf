variable "alarm_actions" {
  description = "ARNs told when an alarm changes state, usually one SNS topic. Empty: the alarms exist and tell nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    When the consumer's alarms ring: the oldest record handed over is more than `iterator_age_seconds` old in each of
    `evaluation_periods` minutes. That one record is given up rings at once and takes no setting.
  EOT
  type = object({
    iterator_age_seconds = optional(number, 300)
    evaluation_periods   = optional(number, 3)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.iterator_age_seconds > 0 && var.alarms.iterator_age_seconds < var.stream.retention_hours * 3600
    error_message = "alarms.iterator_age_seconds is ${var.alarms.iterator_age_seconds}; give more than 0 and less than the stream's retention of ${var.stream.retention_hours * 3600} s, or the alarm rings when the records are gone."
  }
}

variable "alarms_enabled" {
  description = "Whether the consumer has its alarms. Without them something else should watch it."
  type        = bool
  default     = true
  nullable    = false
}

variable "batch_size" {
  description = "Most records in one batch; AWS also cuts at 6 MB."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000 && floor(var.batch_size) == var.batch_size
    error_message = "batch_size is ${var.batch_size}; give a whole number from 1 to 10000."
  }
}

variable "batching_window_seconds" {
  description = "Seconds for which a batch is gathered before the function is called: later answers, cheaper writes."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.batching_window_seconds >= 0 && var.batching_window_seconds <= 300 && floor(var.batching_window_seconds) == var.batching_window_seconds
    error_message = "batching_window_seconds is ${var.batching_window_seconds}; give a whole number from 0 to 300."
  }
}

variable "enabled" {
  description = "Whether the stream is read. A mapping that was never enabled begins at `starting_position` when it first is; one that was goes on where it stood."
  type        = bool
  default     = true
  nullable    = false
}

variable "failure_destination" {
  description = <<-EOT
    Where each batch goes that was given up because its records were about to expire, exactly one of: a bucket
    (`bucket_arn`), which gets the batch whole under `aws/lambda/<mapping>/<shard>/`; a queue (`queue_arn`) or a topic
    (`topic_arn`), which get only its place on the stream. What encrypting takes goes into `policy_statements`.
  EOT
  type = object({
    bucket_arn = optional(string)
    queue_arn  = optional(string)
    topic_arn  = optional(string)
  })
  nullable = false

  validation {
    condition     = length([for arn in values(var.failure_destination) : arn if arn != null]) == 1
    error_message = "failure_destination has ${length([for arn in values(var.failure_destination) : arn if arn != null])} of bucket_arn, queue_arn and topic_arn; give exactly one of them."
  }

  validation {
    condition     = var.failure_destination.bucket_arn == null ? true : can(regex("^arn:[a-z-]+:s3:::[a-z0-9.-]{3,63}$", var.failure_destination.bucket_arn))
    error_message = "failure_destination.bucket_arn is \"${coalesce(var.failure_destination.bucket_arn, "none")}\"; give a bucket's ARN, such as arn:aws:s3:::orders-failures. A queue's is queue_arn, a topic's topic_arn."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html: standard queues and topics.
  validation {
    condition     = var.failure_destination.queue_arn == null ? true : can(regex("^arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,80}$", var.failure_destination.queue_arn))
    error_message = "failure_destination.queue_arn is \"${coalesce(var.failure_destination.queue_arn, "none")}\"; give a standard queue's ARN, such as arn:aws:sqs:us-east-1:111122223333:orders-failures."
  }

  validation {
    condition     = var.failure_destination.topic_arn == null ? true : can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,256}$", var.failure_destination.topic_arn))
    error_message = "failure_destination.topic_arn is \"${coalesce(var.failure_destination.topic_arn, "none")}\"; give a standard topic's ARN, such as arn:aws:sns:us-east-1:111122223333:orders-failures."
  }
}

variable "fan_out" {
  description = <<-EOT
    Whether the stream is read by an enhanced fan-out consumer of its own: 2 MB a second of each shard for it alone, paid
    by shard, hour and GB, in the place of a share of the five reads a second that a shard gives all standard consumers
    together. Another value is another mapping, which begins at `starting_position`.
  EOT
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.fan_out || strcontains(var.stream.arn, ":kinesis:")
    error_message = "fan_out is true, and ${var.stream.arn} is no Kinesis stream: a table's stream has no consumers of its own. Leave fan_out out."
  }
}

variable "filter_patterns" {
  description = "Event filter patterns (JSON); a record that matches none never reaches the function. Empty: every record does."
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
  description = "The consumer: `alias_arn` is what the mapping triggers (never the bare function), `role_name` gets the permissions, `name` is what the metrics go by. With `attach_policy = false` the role gets nothing: grant it `policy_json` where it is made, before."
  type = object({
    name          = string
    alias_arn     = string
    role_name     = string
    attach_policy = optional(bool, true)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[^:]+:lambda:[^:]+:[0-9]{12}:function:[^:]+:[^:]+$", var.function.alias_arn))
    error_message = "function.alias_arn is \"${var.function.alias_arn}\"; give an alias's ARN, which ends in :function:<name>:<alias>, so that a deployment can be shifted and taken back."
  }
}

variable "maximum_record_age_seconds" {
  description = <<-EOT
    Age at which a record that still fails goes to the failure destination. Below the stream's retention, so that it is
    then still on the stream too. Null: an hour before it expires, and never more than the seven days that Lambda allows.
  EOT
  type        = number
  default     = null

  validation {
    condition = var.maximum_record_age_seconds == null ? true : (
      var.maximum_record_age_seconds >= 60
      && var.maximum_record_age_seconds <= 604800
      && var.maximum_record_age_seconds < var.stream.retention_hours * 3600
    )
    error_message = "maximum_record_age_seconds is ${coalesce(var.maximum_record_age_seconds, -1)}; give 60 to 604800 and less than the stream's retention of ${var.stream.retention_hours * 3600} s: past it records are lost, not given up."
  }
}

variable "order_free" {
  description = "Declares that the function gives the same result whatever the order and number of invocations of a shard. Needed for a parallelization_factor above 1."
  type        = bool
  default     = false
  nullable    = false
}

variable "parallelization_factor" {
  description = "Invocations of one shard at a time. 1 keeps a shard in order; more needs `order_free`. More shards scale without that price."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.parallelization_factor >= 1 && var.parallelization_factor <= 10 && floor(var.parallelization_factor) == var.parallelization_factor
    error_message = "parallelization_factor is ${var.parallelization_factor}; give a whole number from 1 to 10."
  }

  validation {
    condition     = var.parallelization_factor == 1 || var.order_free
    error_message = "parallelization_factor is ${var.parallelization_factor}: a shard would be read by several invocations at once, and a consumer that relies on order would count wrong. Add shards instead, or declare order_free = true."
  }
}

variable "policy_statements" {
  description = <<-EOT
    What reading the stream takes, by a name for each statement: the `read` output of the stream's module (of `table`, in
    `stream_policy_statements`), and its key's `decrypt` where it is encrypted. Added to the function's role, with writing to the failure destination.
  EOT
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

  validation {
    condition     = contains(flatten([for statement in values(var.policy_statements) : statement.actions]), strcontains(var.stream.arn, ":dynamodb:") ? "dynamodb:GetRecords" : "kinesis:GetRecords")
    error_message = "No statement allows ${strcontains(var.stream.arn, ":dynamodb:") ? "dynamodb" : "kinesis"}:GetRecords, which reading ${var.stream.arn} takes: pass the read statement of the stream's module."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/consumer-iterator-age.md`. Empty: descriptions name none."
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

variable "starting_position" {
  description = "Where a new mapping begins: TRIM_HORIZON, the oldest record kept, or LATEST, which skips what came before it first polled."
  type        = string
  default     = "TRIM_HORIZON"
  nullable    = false

  validation {
    condition     = contains(["TRIM_HORIZON", "LATEST"], var.starting_position)
    error_message = "starting_position is \"${var.starting_position}\"; give TRIM_HORIZON or LATEST."
  }
}

variable "stream" {
  description = "The stream to read: `arn`, `name`, and for how many hours it keeps a record. A Kinesis stream, or a table's, whose `name` is the table's."
  type = object({
    arn             = string
    name            = string
    retention_hours = optional(number, 24)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:(kinesis:[a-z0-9-]+:[0-9]{12}:stream/[^/]+|dynamodb:[a-z0-9-]+:[0-9]{12}:table/[^/]+/stream/.+)$", var.stream.arn))
    error_message = "stream.arn is \"${var.stream.arn}\"; give a Kinesis stream's ARN (…:stream/<name>) or a table's stream's (…:table/<name>/stream/<label>). A queue is for the module queue-worker."
  }

  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
  validation {
    condition     = !strcontains(var.stream.arn, ":dynamodb:") || var.stream.retention_hours == 24
    error_message = "stream.retention_hours is ${var.stream.retention_hours}; a table's stream keeps its records for 24 hours. Leave it out."
  }

  validation {
    condition     = var.stream.retention_hours >= 24 && var.stream.retention_hours <= 8760
    error_message = "stream.retention_hours is ${var.stream.retention_hours}; Kinesis keeps records for 24 to 8760 hours."
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
