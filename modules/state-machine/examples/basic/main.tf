terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

module "key" {
  source = "../../../encryption-key"

  name                 = "example-greetings"
  deletion_window_days = 7
  log_delivery         = true
}

# Made by: python3 -m zipfile -c greet.zip greet.py
module "function" {
  source = "../../../function"

  name        = "example-greetings"
  artifact    = { path = var.artifact_path }
  handler     = "greet.handler"
  kms_key_arn = module.key.arn
}

module "machine" {
  source = "../.."

  name        = "example-greetings"
  kms_key_arn = module.key.arn
  functions   = { greet = module.function.alias_arn }

  definition = jsonencode({
    QueryLanguage = "JSONata"
    StartAt       = "Greet"
    States = {
      Greet = {
        Type      = "Task"
        Resource  = "arn:aws:states:::lambda:invoke"
        Arguments = { FunctionName = module.function.alias_arn, Payload = "{% $states.input %}" }
        Output    = "{% $states.result.Payload %}"
        Retry     = [{ ErrorEquals = ["States.ALL"], IntervalSeconds = 2, MaxAttempts = 5, BackoffRate = 2 }]
        End       = true
      }
    }
  })

  ended = {
    function = {
      function_name = module.function.function_name
      alias_name    = module.function.alias_name
      alias_arn     = module.function.alias_arn
    }
  }
}

# Who starts executions gets module.machine.policy_statements.start, and this ARN.
output "alias_arn" {
  description = "What executions are started by."
  value       = module.machine.alias_arn
}

variable "artifact_path" {
  description = "The zip of greet.py, as the line above the function makes it."
  type        = string
  default     = "greet.zip"
}
