variable "name" {
  description = "The stream's name, 1 to 128 characters."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{1,128}$", var.name))
    error_message = "\"${var.name}\" cannot name a stream: use 1 to 128 letters, digits, underscores, periods and hyphens."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/stream-write-throttles.md`. Empty: descriptions name none."
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

variable "shard_count" {
  description = "Number of shards; each takes 1,000 records or 1 MiB a second. Null: on-demand capacity, which AWS scales."
  type        = number
  default     = 1

  validation {
    condition     = try(var.shard_count >= 1 && floor(var.shard_count) == var.shard_count, var.shard_count == null)
    error_message = "A stream cannot have ${coalesce(var.shard_count, 0)} shards: choose a whole number from 1, or null for on-demand capacity."
  }
}

variable "retention_hours" {
  description = "Hours that a record stays readable, 24 to 8760; every hour over 24 costs extra."
  type        = number
  default     = 24
  nullable    = false

  validation {
    condition     = var.retention_hours >= 24 && var.retention_hours <= 8760 && floor(var.retention_hours) == var.retention_hours
    error_message = "Records cannot be kept for ${var.retention_hours} hours: choose a whole number from 24 (a day) to 8760 (a year)."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the records."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "\"${var.kms_key_arn}\" is no KMS key's ARN: give arn:aws:kms:<region>:<account>:key/<id>, not an alias or a bare id."
  }
}

variable "shard_level_metrics" {
  description = "CloudWatch metrics to publish for each shard, such as `IncomingRecords`, or `ALL`; they cost extra."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = length(setsubtract(var.shard_level_metrics, [
      "ALL", "IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "OutgoingBytes", "OutgoingRecords",
      "ReadProvisionedThroughputExceeded", "WriteProvisionedThroughputExceeded",
    ])) == 0
    error_message = "Kinesis has no such shard-level metrics as ${join(", ", var.shard_level_metrics)}: choose among IncomingBytes, IncomingRecords, IteratorAgeMilliseconds, OutgoingBytes, OutgoingRecords, ReadProvisionedThroughputExceeded, WriteProvisionedThroughputExceeded, or ALL."
  }
}

variable "enforce_consumer_deletion" {
  description = "Whether destroying the stream removes enhanced fan-out consumers that are still registered; otherwise it is refused."
  type        = bool
  default     = false
  nullable    = false
}

variable "writer_account_ids" {
  description = "Other AWS accounts whose identities may put records: each lets its own ones assume the role `writer_role_arn`. Empty: no such role."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.writer_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "Account ids have 12 digits; these have not: ${join(", ", [for id in var.writer_account_ids : id if !can(regex("^[0-9]{12}$", id))])}."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that bounds what the writers' role may ever do, where whoever applies may make roles with it only. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is \"${coalesce(var.permissions_boundary_arn, "none")}\"; give a policy's ARN, such as arn:aws:iam::111122223333:policy/boundary, or null for none."
  }
}

variable "alarm_actions" {
  description = "ARNs that an alarm notifies when it rings and when it is over, such as an SNS topic."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:")])
    error_message = "Alarm actions are ARNs, such as a topic's arn:aws:sns:<region>:<account>:<topic>; these are not: ${join(", ", [for arn in var.alarm_actions : arn if !startswith(arn, "arn:")])}."
  }
}

variable "alarms" {
  description = "When the alarm rings: more than `write_throttles` refused records a minute in `breaching_minutes` out of `evaluation_minutes`."
  type = object({
    write_throttles    = optional(number, 0)
    breaching_minutes  = optional(number, 1)
    evaluation_minutes = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.write_throttles >= 0
    error_message = "${var.alarms.write_throttles} refused records a minute is no threshold: choose 0 (any is too many) or more."
  }

  validation {
    condition = (
      var.alarms.breaching_minutes >= 1 && var.alarms.breaching_minutes <= var.alarms.evaluation_minutes
      && var.alarms.evaluation_minutes <= 1440
    )
    error_message = "An alarm cannot ring after ${var.alarms.breaching_minutes} bad minutes out of ${var.alarms.evaluation_minutes}: let breaching_minutes be 1 to evaluation_minutes, and that at most 1440 (a day)."
  }
}

variable "alarms_enabled" {
  description = "Whether the alarm is made. False: you watch the stream by other means."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of the stream and its alarms, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
