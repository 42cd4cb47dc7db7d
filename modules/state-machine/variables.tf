variable "alarm_actions" {
  description = "ARNs told when an alarm changes state, usually one SNS topic. Empty: the alarms exist and tell nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = "When the machine's alarms ring, counted over `period_seconds`: more than `failed`, `timed_out` or `aborted` executions, or more than `throttled` state transitions that Step Functions held back."
  type = object({
    failed         = optional(number, 0)
    timed_out      = optional(number, 0)
    aborted        = optional(number, 0)
    throttled      = optional(number, 0)
    period_seconds = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarms) : threshold >= 0])
    error_message = "An alarm rings above a number from 0; not so: ${join(", ", [for name, threshold in var.alarms : "${name} = ${threshold}" if threshold < 0])}."
  }

  validation {
    condition     = var.alarms.period_seconds >= 60 && var.alarms.period_seconds % 60 == 0
    error_message = "alarms.period_seconds is ${var.alarms.period_seconds}; give a multiple of 60, such as 300."
  }
}

variable "alarms_enabled" {
  description = "Whether the machine has its alarms. Without them something else should watch it."
  type        = bool
  default     = true
  nullable    = false
}

variable "definition" {
  description = "What the machine does, in the Amazon States Language (JSON). The functions that it invokes are those of `functions`, by the same ARNs."
  type        = string
  nullable    = false

  validation {
    condition     = can(keys(jsondecode(var.definition).States)) && can(tostring(jsondecode(var.definition).StartAt))
    error_message = "definition is no state machine in JSON: it has an object States and the name StartAt of the first of them."
  }

  validation {
    condition     = try(contains(keys(jsondecode(var.definition).States), jsondecode(var.definition).StartAt), true)
    error_message = "definition starts at \"${try(jsondecode(var.definition).StartAt, "")}\", which is none of its States: ${try(join(", ", keys(jsondecode(var.definition).States)), "none")}."
  }

  validation {
    condition     = length(setsubtract(regexall("arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+(?::[a-zA-Z0-9_$-]+)?", var.definition), values(var.functions))) == 0
    error_message = "definition names functions that its role may not invoke: ${join(", ", setsubtract(regexall("arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+(?::[a-zA-Z0-9_$-]+)?", var.definition), values(var.functions)))}. Give each in functions, by its alias."
  }

  # https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
  validation {
    condition     = length(var.definition) <= 1048576
    error_message = "definition has ${length(var.definition)} characters; Step Functions takes 1,048,576."
  }
}

variable "ended" {
  description = <<-EOT
    What is told of each execution that failed, timed out or was stopped: a `function`, by EventBridge and its alias. AWS
    delivers these events as best it can, and once now and then not at all; those of an encrypted machine say which execution
    ended and how, but neither input nor output, error and cause, which `describe_executions` reads. Null: nobody is told.
  EOT
  type = object({
    function = object({
      function_name = string
      alias_name    = string
      alias_arn     = string
    })
  })
  default = null

  validation {
    condition     = var.ended == null ? true : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+:[a-zA-Z0-9_-]+$", var.ended.function.alias_arn))
    error_message = "ended.function.alias_arn is \"${try(var.ended.function.alias_arn, "")}\"; give the ARN of an alias, such as arn:aws:lambda:us-east-1:111122223333:function:orders:live."
  }
}

variable "functions" {
  description = "The functions that the machine may invoke, each by the ARN of an alias, under a name of your choice."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.functions) > 0 && alltrue([for arn in values(var.functions) : can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+:[a-zA-Z0-9_-]+$", arn))])
    error_message = "functions has at least one function by the ARN of its alias, such as arn:aws:lambda:us-east-1:111122223333:function:orders:live; not so: ${length(var.functions) == 0 ? "none is given" : join(", ", [for name, arn in var.functions : "${name} (${arn})" if !can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+:[a-zA-Z0-9_-]+$", arn))])}."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts definition, executions and log. Its policy must let CloudWatch Logs use it, and the delivery of logs decrypt with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "\"${var.kms_key_arn}\" is no KMS key's ARN: give arn:aws:kms:<region>:<account>:key/<id>, not an alias or a bare id."
  }
}

variable "log_retention_days" {
  description = "Days that the log of errors is kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or up to 3653 in its own steps."
  }
}

variable "name" {
  description = "Name of the machine and its log group, whole: nothing is put before or behind it. The role's has `.machine@<region>` behind it, since roles are the account's."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,80}$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 1 to 80 letters, digits, - or _."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the policy that bounds what the machine's role may ever do, where whoever applies may make roles with it only. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is \"${coalesce(var.permissions_boundary_arn, "none")}\"; give a policy's ARN, such as arn:aws:iam::111122223333:policy/boundary, or null for none."
  }
}

variable "role_path" {
  description = "Path of the machine's role, where whoever applies may make roles below one only."
  type        = string
  default     = "/"
  nullable    = false

  # https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
  validation {
    condition     = var.role_path == "/" || can(regex("^/[!-~]{1,510}/$", var.role_path))
    error_message = "role_path is \"${var.role_path}\"; give a path that begins and ends with a slash, such as /teams/orders/."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/execution-failed.md`. Empty: descriptions name none."
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
  description = "Tags for every resource of the module, beside the provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}
