variable "name" {
  description = "The table's name, 3 to 255 characters. Another name is another table: the old one and its items are deleted, unless protected."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.name))
    error_message = "\"${var.name}\" cannot name a table: use 3 to 255 letters, digits, underscores, periods and hyphens."
  }
}

variable "hash_key" {
  description = "The partition key; `type` is `S` (string), `N` (number) or `B` (bytes). A table keeps the keys that it was made with: others are refused, unless under another name."
  type = object({
    name = string
    type = optional(string, "S")
  })
  nullable = false

  validation {
    condition     = contains(["S", "N", "B"], var.hash_key.type)
    error_message = "The type \"${var.hash_key.type}\" is none of a key's: choose S (string), N (number) or B (bytes)."
  }

  validation {
    condition     = length(var.hash_key.name) >= 1 && length(var.hash_key.name) <= 255
    error_message = "The key name \"${var.hash_key.name}\" has ${length(var.hash_key.name)} characters: use 1 to 255."
  }
}

variable "range_key" {
  description = "The sort key, of the same form as `hash_key`. Null: the table has none."
  type = object({
    name = string
    type = optional(string, "S")
  })
  default = null

  validation {
    condition     = try(contains(["S", "N", "B"], var.range_key.type), var.range_key == null)
    error_message = "The type \"${try(var.range_key.type, "")}\" is none of a key's: choose S (string), N (number) or B (bytes)."
  }

  validation {
    condition     = try(contains(range(1, 256), length(var.range_key.name)), var.range_key == null)
    error_message = "The key name \"${try(var.range_key.name, "")}\" has ${length(try(var.range_key.name, ""))} characters: use 1 to 255."
  }

  validation {
    condition     = try(var.range_key.name, null) != var.hash_key.name
    error_message = "\"${var.hash_key.name}\" cannot be both partition and sort key: name another attribute, or give no range_key."
  }
}

variable "indexes" {
  description = "Global secondary indexes by name, 3 to 255 characters. Each has keys of the same form as the table's; `projection_type` is `ALL`, `KEYS_ONLY` or `INCLUDE`, which copies the `non_key_attributes` beside the keys. An index keeps what it was made with: other keys or another projection are refused, unless under another name. Each index that an item is in adds its own write units."
  type = map(object({
    hash_key = object({
      name = string
      type = optional(string, "S")
    })
    range_key = optional(object({
      name = string
      type = optional(string, "S")
    }))
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.indexes) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "These cannot name an index: ${join(", ", [for name in keys(var.indexes) : name if !can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])}. Use 3 to 255 letters, digits, underscores, periods and hyphens."
  }

  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
  validation {
    condition     = length(var.indexes) <= 20
    error_message = "There are ${length(var.indexes)} indexes; a table has 20 at most."
  }

  validation {
    condition     = alltrue([for index in values(var.indexes) : index.hash_key != null])
    error_message = "These indexes have no hash_key: ${join(", ", [for name, index in var.indexes : name if index.hash_key == null])}. Name the attribute that each is read by."
  }

  validation {
    condition     = alltrue(flatten([for index in values(var.indexes) : [for key in [index.hash_key, index.range_key] : contains(["S", "N", "B"], key.type) if key != null]]))
    error_message = "A key's type is S (string), N (number) or B (bytes); these are not: ${join(", ", flatten([for index in values(var.indexes) : [for key in [index.hash_key, index.range_key] : "${key.type} of ${key.name}" if try(!contains(["S", "N", "B"], key.type), false)]]))}."
  }

  validation {
    condition     = alltrue(flatten([for index in values(var.indexes) : [for key in [index.hash_key, index.range_key] : contains(range(1, 256), length(key.name)) if key != null]]))
    error_message = "The name of an index's key has 1 to 255 characters; these have not: ${join(", ", flatten([for index in values(var.indexes) : [for key in [index.hash_key, index.range_key] : "\"${key.name}\"" if try(!contains(range(1, 256), length(key.name)), false)]]))}."
  }

  validation {
    condition     = alltrue([for index in values(var.indexes) : try(index.hash_key.name != index.range_key.name, true)])
    error_message = "One attribute cannot be both keys of an index; it is in: ${join(", ", [for name, index in var.indexes : name if !try(index.hash_key.name != index.range_key.name, true)])}."
  }

  validation {
    condition     = alltrue([for index in values(var.indexes) : contains(["ALL", "INCLUDE", "KEYS_ONLY"], index.projection_type)])
    error_message = "projection_type is ALL, KEYS_ONLY or INCLUDE; these are not: ${join(", ", [for name, index in var.indexes : "${index.projection_type} of ${name}" if !contains(["ALL", "INCLUDE", "KEYS_ONLY"], index.projection_type)])}."
  }

  validation {
    condition     = alltrue([for index in values(var.indexes) : index.projection_type != "INCLUDE" || length(index.non_key_attributes) > 0])
    error_message = "INCLUDE copies the non_key_attributes, and these indexes name none: ${join(", ", [for name, index in var.indexes : name if index.projection_type == "INCLUDE" && length(index.non_key_attributes) == 0])}. Name them, or choose KEYS_ONLY."
  }

  validation {
    condition     = alltrue([for index in values(var.indexes) : index.projection_type == "INCLUDE" || length(index.non_key_attributes) == 0])
    error_message = "Only INCLUDE takes non_key_attributes; these indexes have another projection_type: ${join(", ", [for name, index in var.indexes : name if index.projection_type != "INCLUDE" && length(index.non_key_attributes) > 0])}."
  }

  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
  validation {
    condition     = sum(concat([0], [for index in values(var.indexes) : length(index.non_key_attributes)])) <= 100
    error_message = "The indexes copy ${sum(concat([0], [for index in values(var.indexes) : length(index.non_key_attributes)]))} non_key_attributes; a table's indexes copy 100 at most together. Choose ALL where an index needs most of an item."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the items."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "\"${var.kms_key_arn}\" is no KMS key's ARN: give arn:aws:kms:<region>:<account>:key/<id>, not an alias or a bare id."
  }
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
  description = "Attribute that holds an item's expiry, in Unix seconds. Null: items do not expire. From one attribute to another leads a change to null, and an hour."
  type        = string
  default     = null

  validation {
    condition     = try(contains(range(1, 256), length(var.ttl_attribute)), var.ttl_attribute == null)
    error_message = "The expiry attribute \"${coalesce(var.ttl_attribute, "(empty)")}\" needs a name of 1 to 255 characters; for items that do not expire, give null."
  }
}

variable "stream_view_type" {
  description = "What the table's stream says of a changed item: `KEYS_ONLY`, `NEW_IMAGE`, `OLD_IMAGE` or `NEW_AND_OLD_IMAGES`. Records are kept for 24 hours. Null: the table has no stream. Another type is another stream, and what was not read of the old one is lost to its consumers."
  type        = string
  default     = null

  validation {
    condition     = var.stream_view_type == null ? true : contains(["KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE"], var.stream_view_type)
    error_message = "stream_view_type is \"${coalesce(var.stream_view_type, "none")}\"; give KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES, or null for no stream."
  }
}

variable "maximum_request_units" {
  description = "Most units a second that DynamoDB serves of the table, a bound of its cost: `read` and `write`, -1 for no bound. What is above is throttled. An index has its own, and this bounds none. Null: neither is set; to take a bound off again, apply -1 first."
  type = object({
    read  = optional(number, -1)
    write = optional(number, -1)
  })
  default = null

  validation {
    condition     = var.maximum_request_units == null ? true : alltrue([for units in values(var.maximum_request_units) : units == -1 || (units >= 1 && floor(units) == units)])
    error_message = "maximum_request_units are ${try(var.maximum_request_units.read, "")} (read) and ${try(var.maximum_request_units.write, "")} (write); give whole numbers from 1, or -1 for no bound."
  }
}

variable "alarms_enabled" {
  description = "Whether the table has its alarms. Without them something else should watch it."
  type        = bool
  default     = true
  nullable    = false
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

  validation {
    condition     = min(var.alarms.read_throttles, var.alarms.write_throttles, var.alarms.system_errors) >= 0
    error_message = "A threshold of ${min(var.alarms.read_throttles, var.alarms.write_throttles, var.alarms.system_errors)} a minute would always ring: choose 0 (any is too many) or more."
  }

  validation {
    condition = length(var.alarms.operations) >= 1 && length(setsubtract(var.alarms.operations, [
      "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems",
      "TransactWriteItems", "UpdateItem",
    ])) == 0
    error_message = "System errors are counted over one to nine of BatchGetItem, BatchWriteItem, DeleteItem, GetItem, PutItem, Query, Scan, TransactGetItems, TransactWriteItems and UpdateItem, not over \"${join(", ", var.alarms.operations)}\"."
  }

  validation {
    condition     = length(var.alarms.operations) <= 9
    error_message = "An alarm adds up nine metrics at most, and ${length(var.alarms.operations)} operations are named: leave out what the table's users do not call."
  }

  validation {
    condition = (
      var.alarms.breaching_minutes >= 1 && var.alarms.breaching_minutes <= var.alarms.evaluation_minutes
      && var.alarms.evaluation_minutes <= 1440
    )
    error_message = "An alarm cannot ring after ${var.alarms.breaching_minutes} bad minutes out of ${var.alarms.evaluation_minutes}: let breaching_minutes be 1 to evaluation_minutes, and that at most 1440 (a day)."
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

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/table-throttles.md`. Empty: descriptions name none."
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

variable "tags" {
  description = "Tags of the table and its alarms, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
