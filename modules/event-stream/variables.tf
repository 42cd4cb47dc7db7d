variable "name" {
  description = "The stream's name, 1 to 128 characters."
  type        = string
  nullable    = false
}

variable "shard_count" {
  description = "Number of shards; each takes 1,000 records or 1 MiB a second. Null: on-demand capacity, which AWS scales."
  type        = number
  default     = 1
}

variable "retention_hours" {
  description = "Hours that a record stays readable, 24 to 8760; every hour over 24 costs extra."
  type        = number
  default     = 24
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the records."
  type        = string
  nullable    = false
}

variable "shard_level_metrics" {
  description = "CloudWatch metrics to publish for each shard, such as `IncomingRecords`, or `ALL`; they cost extra."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "enforce_consumer_deletion" {
  description = "Whether destroying the stream removes enhanced fan-out consumers that are still registered; otherwise it is refused."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_actions" {
  description = "ARNs that an alarm notifies when it rings and when it is over, such as an SNS topic."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of the stream and its alarms, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false
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
}
