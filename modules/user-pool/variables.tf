variable "alarm_actions" {
  description = "ARNs told when an alarm changes state, usually one SNS topic. Empty: the alarms exist and tell nobody."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarms" {
  description = "When the pool's alarms ring, over `period_seconds`: more than `sign_in_throttles` sign-ins refused for their number, or more than `failed_sign_ins` that failed."
  type = object({
    sign_in_throttles = optional(number, 0)
    failed_sign_ins   = optional(number, 50)
    period_seconds    = optional(number, 300)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.period_seconds >= 60 && var.alarms.period_seconds % 60 == 0
    error_message = "alarms.period_seconds is ${var.alarms.period_seconds}; give a multiple of 60, such as 300."
  }

  validation {
    condition     = min(var.alarms.sign_in_throttles, var.alarms.failed_sign_ins) >= 0
    error_message = "A threshold of ${min(var.alarms.sign_in_throttles, var.alarms.failed_sign_ins)} would always ring: choose 0 (any is too many) or more."
  }
}

variable "alarms_enabled" {
  description = "Whether the alarms are made. False: you watch the pool by other means."
  type        = bool
  default     = true
  nullable    = false
}

variable "alias_attributes" {
  description = "What a user may sign in with beside the user name, once it is verified: `email`, `phone_number`, `preferred_username`. A pool keeps what it was made with: a change is refused."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.alias_attributes, ["email", "phone_number", "preferred_username"])) == 0
    error_message = "Aliases may be email, phone_number and preferred_username, not ${join(", ", setsubtract(var.alias_attributes, ["email", "phone_number", "preferred_username"]))}."
  }
}

variable "app_client" {
  description = <<-EOT
    The app that people sign in with, which has no secret: how it proves who they are (`auth_flows`; renewing a session by
    its refresh token comes beside them), which attributes its ID tokens say, and which ones a signed-in user may change.
  EOT
  type = object({
    auth_flows       = optional(set(string), ["USER_SRP_AUTH"])
    read_attributes  = optional(set(string), ["name"])
    write_attributes = optional(set(string), ["name"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = length(var.app_client.auth_flows) > 0 && length(setsubtract(var.app_client.auth_flows, ["ADMIN_USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH", "USER_PASSWORD_AUTH", "USER_SRP_AUTH"])) == 0
    error_message = "app_client.auth_flows is \"${join(", ", var.app_client.auth_flows)}\"; give one or more of ADMIN_USER_PASSWORD_AUTH, CUSTOM_AUTH, USER_AUTH, USER_PASSWORD_AUTH and USER_SRP_AUTH."
  }

  validation {
    condition     = var.tier != "LITE" || !contains(var.app_client.auth_flows, "USER_AUTH")
    error_message = "AWS offers USER_AUTH from the tier ESSENTIALS up: take it out of app_client.auth_flows, or set tier to ESSENTIALS or PLUS."
  }

  validation {
    condition     = length(setsubtract(var.required_attributes, var.app_client.write_attributes)) == 0
    error_message = "A new user gives the required attributes through the app, so app_client.write_attributes needs ${join(", ", setsubtract(var.required_attributes, var.app_client.write_attributes))}."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the pool, and all accounts with it, until this is switched off."
  type        = bool
  default     = true
  nullable    = false
}

variable "groups" {
  description = "Groups that users may be put into, by name, with what a member may do, in words. Tokens say a user's groups."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.groups) : can(regex("^[^\\s\\[\\],]{1,128}$", name))])
    error_message = "A group's name has 1 to 128 characters, and none of them white space, a comma or a square bracket, which separate names in what an HTTP API hands on; not so: ${join(", ", [for name in keys(var.groups) : "\"${name}\"" if !can(regex("^[^\\s\\[\\],]{1,128}$", name))])}."
  }

  validation {
    condition     = alltrue([for words in values(var.groups) : length(words) <= 2048])
    error_message = "A group's description has at most 2,048 characters; those of these groups have more: ${join(", ", [for name, words in var.groups : "\"${name}\" (${length(words)})" if length(words) > 2048])}."
  }
}

variable "name" {
  description = "Name of the pool, whole: nothing is put before or behind it. Its alarms go by it, so no two pools of a region may share one. Another name is another pool: the old one and its accounts are deleted, unless protected."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,121}$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 1 to 121 letters, digits, - or _ (the app client's name adds to it)."
  }
}

variable "password_policy" {
  description = "What a password has to have, and the days for which the first one that a user is given is good."
  type = object({
    minimum_length                   = optional(number, 12)
    require_lowercase                = optional(bool, true)
    require_numbers                  = optional(bool, true)
    require_symbols                  = optional(bool, true)
    require_uppercase                = optional(bool, true)
    temporary_password_validity_days = optional(number, 7)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(range(8, 100), var.password_policy.minimum_length)
    error_message = "password_policy.minimum_length is ${var.password_policy.minimum_length}; give a whole number from 8 to 99."
  }

  validation {
    condition     = contains(range(1, 366), var.password_policy.temporary_password_validity_days)
    error_message = "password_policy.temporary_password_validity_days is ${var.password_policy.temporary_password_validity_days}; give a whole number from 1 to 365."
  }
}

variable "required_attributes" {
  description = "Standard attributes without which there is no account, such as `name`. A pool keeps what it was made with: a change is refused."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = length(setsubtract(var.required_attributes, [
      "address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name", "nickname",
      "phone_number", "picture", "preferred_username", "profile", "website", "zoneinfo",
    ])) == 0
    error_message = "Required attributes are among OpenID Connect's standard ones, such as name, nickname or email; these are not: ${join(", ", var.required_attributes)}."
  }
}

variable "runbooks_url" {
  description = "Where the alarms' runbooks are, a path or an address without a slash at its end: each alarm's description ends with the page of its kind, such as `<runbooks_url>/sign-in-throttles.md`. Empty: descriptions name none."
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
  description = "Tags of the pool and its alarms, beside the provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}

variable "tier" {
  description = "What AWS charges for and offers: `LITE` has all that this module sets up and is the cheapest; `ESSENTIALS` adds sign-in without passwords, `PLUS` protection against stolen ones."
  type        = string
  default     = "LITE"
  nullable    = false

  validation {
    condition     = contains(["LITE", "ESSENTIALS", "PLUS"], var.tier)
    error_message = "tier is \"${var.tier}\"; give LITE, ESSENTIALS or PLUS."
  }
}

variable "token_lifetimes" {
  description = "How long tokens are good: ID and access tokens in minutes, the refresh token (so a session) in hours; and the minutes for which a question of Cognito's, such as one for a code, may be answered."
  type = object({
    id_minutes        = optional(number, 60)
    access_minutes    = optional(number, 60)
    refresh_hours     = optional(number, 12)
    challenge_minutes = optional(number, 5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for minutes in [var.token_lifetimes.id_minutes, var.token_lifetimes.access_minutes] : minutes >= 5 && minutes <= 1440 && floor(minutes) == minutes])
    error_message = "ID and access tokens are good for ${var.token_lifetimes.id_minutes} and ${var.token_lifetimes.access_minutes} minutes; give whole numbers from 5 to 1440 (a day)."
  }

  validation {
    condition     = var.token_lifetimes.refresh_hours >= 1 && var.token_lifetimes.refresh_hours <= 87600 && var.token_lifetimes.refresh_hours * 60 >= max(var.token_lifetimes.id_minutes, var.token_lifetimes.access_minutes)
    error_message = "The refresh token is good for ${var.token_lifetimes.refresh_hours} hours; give 1 to 87600, and no less than the tokens that it renews."
  }

  validation {
    condition     = contains(range(3, 16), var.token_lifetimes.challenge_minutes)
    error_message = "token_lifetimes.challenge_minutes is ${var.token_lifetimes.challenge_minutes}; give a whole number from 3 to 15."
  }
}

variable "totp" {
  description = "Codes from an authenticator app as a second factor: `off`, `optional` (a user may turn them on) or `required` (who has no app yet is asked to set one up, `MFA_SETUP`, and gets no tokens before)."
  type        = string
  default     = "optional"
  nullable    = false

  validation {
    condition     = contains(["off", "optional", "required"], var.totp)
    error_message = "totp is \"${var.totp}\"; give off, optional or required."
  }
}
