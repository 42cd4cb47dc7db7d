variable "name" {
  description = "The key's alias, without the prefix `alias/`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.name)) && !startswith(var.name, "aws/")
    error_message = "The name \"${var.name}\" makes no alias: use 1 to 250 letters, digits, slashes, underscores and hyphens, and do not start with \"aws/\", which AWS keeps for itself."
  }
}

variable "description" {
  description = "What the key protects, for whoever finds it in the console."
  type        = string
  default     = "Encrypts data at rest."
  nullable    = false

  validation {
    condition     = length(var.description) <= 8192
    error_message = "description has ${length(var.description)} characters; give at most 8,192."
  }
}

variable "log_group_patterns" {
  description = "Names of the log groups of this account and region that CloudWatch Logs may encrypt with the key; `*` stands for any characters. Empty: none."
  type        = list(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition     = alltrue([for pattern in var.log_group_patterns : can(regex("^[a-zA-Z0-9_./#*-]{1,512}$", pattern))])
    error_message = "A log group's name has letters, digits, and the signs _ - / . #, a pattern also *; not so: ${join(", ", [for pattern in var.log_group_patterns : pattern if !can(regex("^[a-zA-Z0-9_./#*-]{1,512}$", pattern))])}."
  }
}

variable "services" {
  description = "AWS services that use the key on their own behalf for this account: `budgets`, `cloudwatch` and `events` send to an encrypted SNS topic or SQS queue, `sns` to an encrypted queue, `s3` notifies an encrypted topic or queue. They are held to this account, `events` by the topic or queue that it encrypts for. Services that act for a caller (DynamoDB, Kinesis, S3 objects, Lambda) need no entry: the caller's role does."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.services, ["budgets", "cloudwatch", "events", "s3", "sns"])) == 0
    error_message = "Services may be budgets, cloudwatch, events, s3 and sns, not ${join(", ", setsubtract(var.services, ["budgets", "cloudwatch", "events", "s3", "sns"]))}."
  }
}

variable "readers" {
  description = "AWS services that decrypt on behalf of a resource, by the service's name, with the ARNs of those resources (`*` stands for any characters): `{ cloudfront = [\"arn:aws:cloudfront::111122223333:distribution/*\"] }` lets distributions read encrypted buckets that let them in."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for service, arns in var.readers : can(regex("^[a-z0-9-]+$", service)) && length(arns) > 0])
    error_message = "A reader is a service's name without its domain, such as cloudfront, and at least one resource; not so: ${join(", ", [for service, arns in var.readers : service if !can(regex("^[a-z0-9-]+$", service)) || length(arns) == 0])}."
  }

  validation {
    condition     = alltrue([for arn in flatten(values(var.readers)) : can(regex("^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", arn))])
    error_message = "Readers are held to resources of one account, such as arn:aws:cloudfront::111122223333:distribution/*; these are not: ${join(", ", [for arn in flatten(values(var.readers)) : arn if !can(regex("^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$", arn))])}."
  }
}

variable "deletion_window_days" {
  description = "Days between a request to delete the key and its end, 7 to 30; until then the request can be taken back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains(range(7, 31), var.deletion_window_days)
    error_message = "A deletion window of ${var.deletion_window_days} days is not possible: choose a whole number from 7 to 30."
  }
}

variable "rotation_period_days" {
  description = "Days between two rotations of the key material, 90 to 2560."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.rotation_period_days >= 90 && var.rotation_period_days <= 2560 && floor(var.rotation_period_days) == var.rotation_period_days
    error_message = "A rotation every ${var.rotation_period_days} days is not possible: choose a whole number from 90 to 2560."
  }
}

variable "tags" {
  description = "Tags of the key, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
