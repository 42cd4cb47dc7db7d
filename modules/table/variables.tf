variable "name" {
  description = "The table's name, 3 to 255 characters."
  type        = string
  nullable    = false
}

variable "hash_key" {
  description = "The partition key; `type` is `S` (string), `N` (number) or `B` (bytes)."
  type = object({
    name = string
    type = optional(string, "S")
  })
  nullable = false
}

variable "range_key" {
  description = "The sort key, of the same form as `hash_key`. Null: the table has none."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default = null
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the items."
  type        = string
  nullable    = false
}

variable "point_in_time_recovery" {
  description = "Whether the table can be restored to any second of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table until this is switched off."
  type        = bool
  default     = true
  nullable    = false
}

variable "ttl_attribute" {
  description = "Attribute that holds an item's expiry, in Unix seconds. Null: items do not expire."
  type        = string
  default     = null
}

variable "alarms" {
  description = "When alarms ring: more than `read_throttles`, `write_throttles` or `system_errors` a minute in `breaching_minutes` out of `evaluation_minutes`. System errors are counted over `operations`, each a metric that is paid for: name those that the table's users make."
  type = object({
    read_throttles     = optional(number, 0)
    write_throttles    = optional(number, 0)
    system_errors      = optional(number, 0)
    operations         = optional(set(string), ["GetItem", "PutItem", "Query", "UpdateItem"])
    breaching_minutes  = optional(number, 1)
    evaluation_minutes = optional(number, 1)
  })
  default  = {}
  nullable = false
}

variable "alarm_actions" {
  description = "ARNs that an alarm notifies when it rings and when it is over, such as an SNS topic."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of the table and its alarms, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false
}
